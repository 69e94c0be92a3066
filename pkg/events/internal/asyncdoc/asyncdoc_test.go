package asyncdoc_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"clocker.io/pkg/events"
	"clocker.io/pkg/events/internal/asyncdoc"
	"clocker.io/pkg/schema"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const root = "../../../.."

func document(t *testing.T) []byte {
	t.Helper()
	text, err := asyncdoc.Document(root, events.Flow(), events.All())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTheAsyncAPIDocumentIsFresh(t *testing.T) {
	t.Parallel()
	kept, err := os.ReadFile(filepath.Join(root, "docs/asyncapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, document(t)) {
		t.Error("docs/asyncapi.json is not what pkg/events says: make docs")
	}
}

// compiled is the schema of each event, by topic. Closed ones take no field that is not described.
func compiled(t *testing.T, closed bool) map[string]*jsonschema.Schema {
	t.Helper()
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(document(t)))
	if err != nil {
		t.Fatal(err)
	}
	if closed {
		read = schema.Closed(read)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("asyncapi.json", read); err != nil {
		t.Fatal(err)
	}
	out := map[string]*jsonschema.Schema{}
	for _, e := range events.All() {
		name := reflect.TypeOf(e).Name()
		if out[e.Topic()], err = c.Compile("asyncapi.json#/components/schemas/" + name); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func wire(t *testing.T, topic string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../testdata/wire", topic+".json"))
	if err != nil {
		t.Fatal(err)
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return read.(map[string]any)
}

func TestEachEventOnTheWireIsWhatItsSchemaSaysToTheLastField(t *testing.T) {
	t.Parallel()
	open, closed := compiled(t, false), compiled(t, true)
	for _, e := range events.All() {
		golden := wire(t, e.Topic())
		if err := closed[e.Topic()].Validate(golden); err != nil {
			t.Errorf("%s: %v", e.Topic(), err)
		}
		golden["addedLater"] = "x"
		if err := open[e.Topic()].Validate(golden); err != nil {
			t.Errorf("%s: a reader of today refuses a field of tomorrow: %v", e.Topic(), err)
		}
		if err := closed[e.Topic()].Validate(golden); err == nil {
			t.Errorf("%s: nothing is found wrong with a field that nobody described", e.Topic())
		}
		for field := range wire(t, e.Topic()) {
			broken := wire(t, e.Topic())
			broken[field] = []any{map[string]any{"no": "such value"}}
			if field != "params" && closed[e.Topic()].Validate(broken) == nil {
				t.Errorf("%s: %s may be anything", e.Topic(), field)
			}
		}
	}
}

func TestEachSubjectNamesTheFieldsThatItIsMadeOf(t *testing.T) {
	t.Parallel()
	text := string(document(t))
	for _, address := range []string{
		`"clocker.evt.container.placed.{application}.{entity}.{ordinal}"`, `"clocker.evt.host.ready.{cloud}.{host}"`,
		`"clocker.evt.deadletter.added.{consumer}.{number}"`, `"clocker.evt.token.created.{token}"`, `"clocker.evt.events.pruned.events"`,
	} {
		if !strings.Contains(text, `"address": `+address) {
			t.Errorf("no channel has the address %s", address)
		}
	}
}
