package cli

import (
	"slices"
	"testing"
)

func TestAVariableThatIsNotSetHereIsGivenWithoutAValue(t *testing.T) {
	t.Parallel()
	here := map[string]string{"SET": "one", "EMPTY": ""}
	look := func(name string) (string, bool) { v, ok := here[name]; return v, ok }
	got := environment([]string{"SET", "EMPTY", "ABSENT", "GIVEN=two", "SET=three", "BARE="}, look)
	want := []string{"SET=one", "EMPTY=", "ABSENT", "GIVEN=two", "SET=three", "BARE="}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
