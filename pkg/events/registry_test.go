package events_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/events"
)

// declared lists the types of this package that have a method Topic, from its source.
func declared(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "Topic" {
				names = append(names, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func TestRegistryIsComplete(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, e := range events.All() {
		listed = append(listed, reflect.TypeOf(e).Name())
	}
	slices.Sort(listed)
	if want := declared(t); !slices.Equal(listed, want) {
		t.Errorf("All lists %v, the package declares %v", listed, want)
	}
}

func TestTopicsAreUniqueAndWellFormed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, e := range events.All() {
		topic := e.Topic()
		if seen[topic] {
			t.Errorf("topic %s is taken twice", topic)
		}
		seen[topic] = true
		noun, participle, ok := strings.Cut(topic, ".")
		if !ok || strings.Trim(noun, lower) != "" || strings.Trim(participle, lower) != "" {
			t.Errorf("topic %s of %T is not noun.participle", topic, e)
		}
		if got, ok := events.TopicOf(events.Type(topic)); !ok || got != topic {
			t.Errorf("type %s is read as topic %q, %v", events.Type(topic), got, ok)
		}
	}
}

const lower = "abcdefghijklmnopqrstuvwxyz"

func TestTopicOfOthersIsNone(t *testing.T) {
	t.Parallel()
	for _, ce := range []string{"", "io.clocker.container.placed", "container.placed.v1", "io.clocker.container.placed.v2"} {
		if topic, ok := events.TopicOf(ce); ok {
			t.Errorf("type %q is read as topic %q", ce, topic)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ topic, data, want string }{
		"unknown topic": {"container.lost", `{}`, `event topic "container.lost" is unknown`},
		"wrong data":    {"container.placed", `{"ordinal":"x"}`, `decode container.placed: json: cannot unmarshal string`},
		"no JSON":       {"container.placed", ``, `decode container.placed: unexpected end of JSON input`},
	} {
		if _, err := events.Decode(tt.topic, []byte(tt.data)); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: Decode = %v, want %s", name, err, tt.want)
		}
	}
}
