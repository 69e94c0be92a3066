package blueprint

import (
	"os"
	"testing"
)

func TestTheShopExampleIsABlueprint(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../examples/shop/blueprint.yaml")
	if err != nil {
		t.Fatal(err)
	}
	app, found := Parse(text, Options{Context: &Context{Digest: "d", Files: map[string]bool{
		"web/Dockerfile": true, "store/Dockerfile": true,
	}}})
	if len(found.Problems) > 0 {
		t.Fatalf("%s", said(found.Problems))
	}
	if web, ok := app.Entity("web"); !ok || web.Size != 2 || web.Latch == nil {
		t.Errorf("%+v", web)
	}
}
