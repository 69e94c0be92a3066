package pages

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
)

// functions are what the templates of the generated documents read them with.
var functions = template.FuncMap{"at": at, "sorted": sorted, "kind": kind, "resolve": resolve, "named": named, "operations": operations,
	"required": required, "upper": strings.ToUpper, "paragraphs": paragraphs, "deeds": deeds}

// at finds a value within maps by the names on the way to it.
func at(value any, way ...string) any {
	for _, name := range way {
		in, _ := value.(map[string]any)
		value = in[name]
	}
	return value
}

func sorted(value any) []string {
	in, _ := value.(map[string]any)
	return slices.Sorted(maps.Keys(in))
}

// named is the last name of a reference.
func named(ref any) string {
	text, _ := ref.(string)
	return text[strings.LastIndex(text, "/")+1:]
}

// resolve follows a reference within a document.
func resolve(document, value any) any {
	ref, ok := at(value, "$ref").(string)
	if !ok {
		return value
	}
	return at(document, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
}

// kind is a type of a schema in a few words, with a link to what it is made of.
func kind(schema any) template.HTML {
	in, _ := schema.(map[string]any)
	switch {
	case in["$ref"] != nil:
		name := template.HTMLEscapeString(named(in["$ref"]))
		return template.HTML(fmt.Sprintf(`<a href="#type-%s">%s</a>`, name, name))
	case in["type"] == "array":
		return "list of " + kind(in["items"])
	case in["type"] == "object" && in["additionalProperties"] != nil:
		return "map of " + kind(in["additionalProperties"])
	case in["enum"] != nil:
		var words []string
		for _, v := range in["enum"].([]any) {
			words = append(words, fmt.Sprint(v))
		}
		return template.HTML(template.HTMLEscapeString(strings.Join(words, ", ")))
	case in["type"] == nil:
		return "anything"
	}
	text := fmt.Sprint(in["type"])
	if format, ok := in["format"].(string); ok && in["type"] == "string" {
		text = format
	}
	if in["minimum"] != nil && in["maximum"] != nil {
		text += fmt.Sprintf(", %v to %v", in["minimum"], in["maximum"])
	}
	return template.HTML(template.HTMLEscapeString(text))
}

func required(schema any, field string) bool {
	list, _ := at(schema, "required").([]any)
	return slices.Contains(list, any(field))
}

func paragraphs(text any) []string {
	words, _ := text.(string)
	return strings.Split(words, "\n\n")
}

// operation is one of the API, with its place.
type operation struct {
	Path, Method string
	Is           any
}

// operations are those with a tag, by path.
func operations(document any, tag any) (list []operation) {
	for _, path := range sorted(at(document, "paths")) {
		item := at(document, "paths", path)
		for _, method := range sorted(item) {
			is := at(item, method)
			if tags, _ := at(is, "tags").([]any); slices.Contains(tags, tag) {
				list = append(list, operation{Path: path, Method: method, Is: is})
			}
		}
	}
	return list
}

// deeds are the steps of the line that state (send) or hear (receive) the events of a channel.
func deeds(document any, channel, action string) (list []string) {
	for _, name := range sorted(at(document, "operations")) {
		is := at(document, "operations", name)
		if at(is, "action") == action && named(at(is, "channel", "$ref")) == channel {
			list = append(list, fmt.Sprint(at(is, "title")))
		}
	}
	return list
}
