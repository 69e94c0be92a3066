package blueprint

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

func TestSchemaPageIsFresh(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../../docs/blueprint.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, Schema()) {
		t.Error("docs/blueprint.schema.json is not what the parser reads: run make docs")
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("blueprint.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("blueprint.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance is a document as a validator of JSON sees it.
func instance(t *testing.T, text []byte) any {
	t.Helper()
	var out collector
	out.lines = Lines(string(text))
	root := read(text, &out)
	if root == nil {
		return nil
	}
	return plainValue(root)
}

func plainValue(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plainValue(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, plainValue(c))
		}
		return list
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true"
	case "!!int", "!!float":
		if v, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return v
		}
	}
	return n.Value
}

func TestGoodBlueprintsAreValidByTheSchema(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	files, _ := filepath.Glob("testdata/good/*.yaml")
	examples, _ := filepath.Glob("../../examples/*/*.yaml")
	if len(files) == 0 || len(examples) == 0 {
		t.Fatal("no blueprints")
	}
	for _, file := range append(files, examples...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(instance(t, text)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// bySchema are the codes of mistakes that a schema of single values can say.
var bySchema = []Code{
	WrongKind, BadText, BadNumber, UnknownKey, MisplacedKey, RefusedKey, BadLocation, NoID, BadID, NoServices, NoImage,
	UnknownType, BadVariable, BadVolume, HostBind, BadRestart, UnknownStrategy, UnknownParameter, BadHealthCheck,
}

// ofYAML reports whether a file has a mistake that a validator of JSON is not shown: merges, tags and keys that are empty.
func ofYAML(file string) bool {
	return slices.Contains([]string{"wrong-kind-key.yaml", "wrong-kind-merge.yaml", "wrong-kind-tag.yaml"}, filepath.Base(file))
}

// TestTheSchemaRefusesWhatItCanSay holds the schema against the parser from the other side: a mistake that a schema can
// express is none that an editor misses.
func TestTheSchemaRefusesWhatItCanSay(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	files, _ := filepath.Glob("testdata/mistakes/*.yaml")
	refused := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, found := Parse(text, Options{Later: true})
		value := instance(t, text)
		if len(found.Problems) == 0 || value == nil || !slices.Contains(bySchema, found.Problems[0].Code) {
			continue
		}
		if strings.HasSuffix(file, "no-id-name.yaml") || ofYAML(file) {
			continue // what an id can be made of is not in a schema
		}
		refused++
		if err := s.Validate(value); err == nil {
			t.Errorf("%s is valid by the schema, but %s", file, found.Problems[0])
		}
	}
	if refused < 30 {
		t.Errorf("only %d mistakes were tried", refused)
	}
}

// TestExamplesNameTheSchema holds that editors find the schema for each example.
func TestExamplesNameTheSchema(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../../examples/*/*.yaml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		to, ok := strings.CutPrefix(first, "# yaml-language-server: $schema=")
		if _, err := os.Stat(filepath.Join(filepath.Dir(file), to)); !ok || err != nil {
			t.Errorf("%s begins with %q: %v", file, first, err)
		}
	}
}
