package schema

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"

	"clocker.io/pkg/clocker"

	"github.com/invopop/jsonschema"
)

// Set collects the schemas of types as components of one document. Not safe for concurrent use.
type Set struct {
	reflector jsonschema.Reflector
	found     map[string]any
	of        map[string]reflect.Type
	name      func(reflect.Type) string
}

// New makes an empty set. Root is the relative path from the current directory to the workspace, such as ../.., and
// packages are the directories in it whose comments describe types. Name gives a type another name than its own.
func New(root string, packages []string, name func(reflect.Type) string) (*Set, error) {
	s := &Set{found: map[string]any{}, of: map[string]reflect.Type{}, name: name}
	s.reflector = jsonschema.Reflector{Anonymous: true, AllowAdditionalProperties: true, Namer: s.nameOf, Mapper: special}
	// The library joins this with a relative path to get the path of an import.
	base := "clocker.io" + strings.Repeat("/up", strings.Count(filepath.ToSlash(filepath.Clean(root)), ".."))
	for _, dir := range packages {
		if err := s.reflector.AddGoComments(base, filepath.Join(root, dir), jsonschema.WithFullComment()); err != nil {
			return nil, fmt.Errorf("read the comments of %s: %w", dir, err)
		}
	}
	return s, nil
}

// special are types that are on the wire as something else than their fields.
func special(t reflect.Type) *jsonschema.Schema {
	switch {
	case t == reflect.TypeFor[json.RawMessage]():
		return &jsonschema.Schema{}
	case t == reflect.TypeFor[clocker.Measure]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "number", Format: "double"}, {Type: "null"}}}
	case t.Kind() == reflect.Int64:
		return &jsonschema.Schema{Type: "integer", Format: "int64"}
	case t.Kind() == reflect.Float64:
		return &jsonschema.Schema{Type: "number", Format: "double"}
	}
	return nil
}

func (s *Set) nameOf(t reflect.Type) string {
	name := s.name(t)
	if name == "" || t.Kind() != reflect.Struct {
		return name
	}
	if other := s.of[name]; other != nil && other != t {
		panic(fmt.Sprintf("schema: %v and %v are both named %s", other, t, name)) // a generator has no user but us
	}
	s.of[name] = t
	return name
}

// Of is the schema of a type: a reference into the components for a struct, else the schema itself.
func (s *Set) Of(t reflect.Type) (map[string]any, error) {
	root := s.reflector.ReflectFromType(t)
	for name, definition := range root.Definitions {
		value, err := plain(definition)
		if err != nil {
			return nil, err
		}
		s.found[name] = value
	}
	root.Definitions, root.Version = nil, ""
	return plain(root)
}

// Components are the schemas of the structs that were asked for, and of those within them, by name.
func (s *Set) Components() map[string]any { return s.found }

// plain is a schema as JSON has it, with references into a document's components.
func plain(of *jsonschema.Schema) (map[string]any, error) {
	text, err := json.Marshal(of)
	if err != nil {
		return nil, err
	}
	if string(text) == "true" {
		return map[string]any{}, nil
	}
	text = []byte(strings.ReplaceAll(string(text), `"#/$defs/`, `"#/components/schemas/`))
	var value map[string]any
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, err
	}
	return tidy(value).(map[string]any), nil
}

// tidy writes a schema that takes everything as an object, which more readers know than true, and a text on one line.
func tidy(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			text, isText := inner.(string)
			switch {
			case inner == true && (key == "items" || key == "additionalProperties"):
				value[key] = map[string]any{}
			case key == "description" && isText:
				value[key] = strings.Join(strings.Fields(text), " ")
			default:
				value[key] = tidy(inner)
			}
		}
		if properties, ok := value["properties"].(map[string]any); ok {
			for name, inner := range properties {
				if inner == true {
					properties[name] = map[string]any{}
				}
			}
		}
	case []any:
		for i := range value {
			value[i] = tidy(value[i])
		}
	}
	return value
}

// Closed is a copy of a document in which no object may have a field that is not described: what a test holds real
// answers against. Readers of the document get it open, because fields may be added.
func Closed(document any) any {
	switch v := document.(type) {
	case map[string]any:
		out := make(map[string]any, len(v)+1)
		for key, inner := range v {
			out[key] = Closed(inner)
		}
		_, described := v["properties"].(map[string]any)
		if _, said := v["additionalProperties"]; described && !said && v["type"] == "object" {
			out["additionalProperties"] = false
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = Closed(v[i])
		}
		return out
	}
	return document
}
