package sensors_test

import (
	"os"
	"testing"

	"clocker.io/pkg/sensors"
)

func TestFreshPage(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../../docs/sensors.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != sensors.Page() {
		t.Error("docs/sensors.md is not what pkg/sensors says; run make docs and look at what changed")
	}
}

func TestASensorIsListedOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range sensors.All() {
		if key := s.Of + " " + s.Name; seen[key] {
			t.Errorf("%s is listed twice", key)
		} else {
			seen[key] = true
		}
		if s.About == "" {
			t.Errorf("nothing is said about %s", s.Name)
		}
	}
}
