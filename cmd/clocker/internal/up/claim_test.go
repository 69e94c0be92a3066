package up

import (
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg/pgtest"
)

// A data directory whose database was swapped for an empty one must not start: its agents would be told that nothing of
// theirs is wanted.
func TestADataDirectoryKeepsItsDatabase(t *testing.T) {
	t.Parallel()
	d, err := OpenData(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	first, second := database{URL: pgtest.URL(t), What: "first"}, database{URL: pgtest.URL(t), What: "second"}
	for range 2 {
		if err := claim(t.Context(), d, first); err != nil {
			t.Fatalf("its own database: %v", err)
		}
	}
	if err := claim(t.Context(), d, second); clocker.CodeOf(err) != clocker.Conflict {
		t.Errorf("another, empty one: %v, want conflict", err)
	}
}
