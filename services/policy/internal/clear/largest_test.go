package clear

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"clocker.io/pkg/blueprint"
	"clocker.io/pkg/clocker"
	"clocker.io/services/policy/internal/rows"
)

// A host is told of a container in one message, of which NATS takes 8 MiB: whatever does not fit has to be refused with the
// blueprint. What is written as \u003c takes six times its size.
func TestTheLargestAssignmentOfABlueprintFitsIntoAMessage(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("<", 255)
	text := "id: a\nservices:\n- type: docker:x\n  env: {A: '" + strings.Repeat("<", 10_800) + "'}\n  volumes:\n"
	for i := range 64 {
		text += fmt.Sprintf("  - 'v%d:/%d/%s'\n", i, i, strings.Repeat(name+"/", 15))
	}
	text += "  directPorts: ["
	for i := range 256 {
		text += fmt.Sprintf("%d, ", 10_000+i)
	}
	text += "]\n"
	app, found := blueprint.Parse([]byte(text), blueprint.Options{})
	if len(found.Problems) > 0 {
		t.Fatal(found.Problems[0])
	}
	rowsApp := rows.NewApplication("u", "a")
	c := rowsApp.Add(&rows.Container{Container: rowsApp.Named(clocker.Key{Entity: app.Entities[0].ID}, 1), Ports: make([]clocker.PortBinding, 256)})
	out := Decide(Input{Container: c, Entity: app.Entities[0], Image: &rows.Image{Ready: true, Image: "sha256:1"}, Known: Sense(rowsApp).Known})
	told, err := json.Marshal(out.Assignment)
	if err != nil || out.Assignment == nil || len(told) < 1<<20 || len(told) > 2<<20 {
		t.Errorf("%d bytes, %v, %s%s", len(told), err, out.Waiting, out.Failed)
	}
	t.Logf("%d bytes", len(told))

	longer := strings.Replace(text, "'v0:/0/", "'v0:/0/"+name+"/"+name+"/", 1)
	if _, found = blueprint.Parse([]byte(longer), blueprint.Options{}); len(found.Problems) != 1 || found.Problems[0].Code != blueprint.BadVolume {
		t.Errorf("one that is longer: %v", found.Problems)
	}
}
