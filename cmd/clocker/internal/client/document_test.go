package client

import (
	"encoding"
	"encoding/json"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"clocker.io/docs"
)

// schema is as much of one as is looked at.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       string            `json:"type"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
}

// The types here are written beside those of the API, so that a client needs none of the server. What keeps the two
// together is the API's document, against which a test of the API holds its answers.
func TestEveryFieldThatIsReadIsInTheDocumentOfTheAPI(t *testing.T) {
	t.Parallel()
	text, err := docs.Files.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Components struct{ Schemas map[string]schema }
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	known := document.Components.Schemas
	read := map[string]any{
		"Application": Application{}, "Entity": Entity{}, "Inspection": Inspection{}, "Explanation": Explanation{}, "Host": Host{},
		"Cloud": Cloud{}, "Image": Image{}, "NetworkDetail": NetworkDetail{}, "Record": Record{}, "Submitted": Accepted{},
		"Operation": Operation{}, "Plan": Plan{}, "Changes": Changes{}, "Audit": Audit{}, "Replay": Replay{}, "Trace": Trace{},
		"DeadLetterDetail": DeadLetterDetail{}, "SettledAll": SettledAll{}, "Token": Token{}, "Version": Version{}, "Problem": Problem{},
		"ApplicationPage": page{},
	}
	for _, name := range slices.Sorted(maps.Keys(read)) {
		if _, ok := known[name]; !ok {
			t.Errorf("the document has no schema %s", name)
			continue
		}
		for _, wrong := range unread(known, known[name], reflect.TypeOf(read[name]), name) {
			t.Error(wrong)
		}
	}
}

// unread lists what a type reads at a path and the schema there does not have.
func unread(known map[string]schema, s schema, t reflect.Type, at string) []string {
	if s.Ref != "" {
		s = known[path.Base(s.Ref)]
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var wrong []string
	switch {
	case opaque(t):
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			inner, ok := s.Properties[name]
			switch {
			case f.Anonymous:
				wrong = append(wrong, unread(known, s, f.Type, at)...)
			case name == "-":
			case !ok:
				wrong = append(wrong, at+"."+name+" is read as a "+f.Type.String()+", and the document does not have it")
			default:
				wrong = append(wrong, unread(known, inner, f.Type, at+"."+name)...)
			}
		}
	case t.Kind() == reflect.Slice && s.Items != nil:
		wrong = unread(known, *s.Items, t.Elem(), at+"[]")
	case s.Type != kinds[t.Kind()] && s.Type != "":
		wrong = []string{at + " is read as a " + t.String() + ", and the document says " + s.Type}
	}
	return wrong
}

var kinds = map[reflect.Kind]string{
	reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer", reflect.Float64: "number",
	reflect.Slice: "array", reflect.Map: "object",
}

// opaque are types that read what they are given by themselves, and structs that the API shares.
func opaque(t reflect.Type) bool {
	pointer := reflect.PointerTo(t)
	return pointer.Implements(reflect.TypeFor[json.Unmarshaler]()) || pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) ||
		t.Kind() == reflect.Struct && t.PkgPath() != "" && t.PkgPath() != reflect.TypeFor[Client]().PkgPath()
}
