package fences

import (
	"os"
	"testing"
)

func TestRepository(t *testing.T) {
	t.Parallel()
	tree, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Files) == 0 || len(tree.Modules) == 0 || len(tree.Uses) == 0 {
		t.Fatalf("found %d files, %d modules and %d uses: this is no workspace", len(tree.Files), len(tree.Modules), len(tree.Uses))
	}
	for _, b := range Check(tree) {
		t.Error(b)
	}
}
