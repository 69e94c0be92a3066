package rights_test

import (
	"os"
	"testing"

	"clocker.io/pkg/bus/rights"
)

func TestFreshPage(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../../../docs/rights.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != rights.Page() {
		t.Error("docs/rights.md is not what pkg/bus/rights says; run make docs and look at what changed")
	}
}
