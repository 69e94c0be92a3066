package pages

import (
	"bytes"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
)

// functions are what the templates of the generated documents read them with.
var functions = template.FuncMap{"at": at, "sorted": sorted, "kind": kind, "resolve": resolve, "named": named, "operations": operations,
	"required": required, "upper": strings.ToUpper, "prose": prose, "deeds": deeds, "curl": curl, "refusals": refusals,
	"answers": answers, "groups": groups, "breakable": breakable}

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

// prose is a description in Markdown as HTML.
func prose(text any) (template.HTML, error) {
	words, _ := text.(string)
	var b bytes.Buffer
	err := goldmark.Convert([]byte(words), &b)
	return template.HTML(b.String()), err
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

// answers are those of an operation that are its own; refusals are the statuses of those that are the same problem
// everywhere.
func answers(is any) map[string]any {
	out := map[string]any{}
	for _, status := range sorted(at(is, "responses")) {
		if answer := at(is, "responses", status); at(answer, "$ref") == nil {
			out[status] = answer
		}
	}
	return out
}

func refusals(is any) string {
	var out []string
	for _, status := range sorted(at(is, "responses")) {
		if at(is, "responses", status, "$ref") != nil && status != "default" {
			out = append(out, status)
		}
	}
	return strings.Join(out, ", ")
}

// groups are the names of the groups of operations. What is about the process itself comes last.
func groups(document any) (names []string) {
	tags, _ := at(document, "tags").([]any)
	for _, tag := range tags {
		names = append(names, fmt.Sprint(at(tag, "name")))
	}
	last := func(name string) int { return slices.Index([]string{"version", "process"}, name) }
	slices.SortStableFunc(names, func(x, y string) int { return last(x) - last(y) })
	return names
}

// breakable lets a path go over several lines, from slash to slash.
func breakable(text string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(text), "/", "<wbr>/"))
}

// contentsOfAPI are the groups of operations with their operations, then the types.
func contentsOfAPI(document any) (out []entry) {
	for _, name := range groups(document) {
		out = append(out, entry{name, name, 2})
		for _, o := range operations(document, name) {
			out = append(out, entry{fmt.Sprint(at(o.Is, "operationId")), strings.ToUpper(o.Method) + " " + o.Path, 3})
		}
	}
	return append(out, entry{"types", "types", 2})
}

// contentsOfEvents are the events, then the types.
func contentsOfEvents(document any) (out []entry) {
	for _, topic := range sorted(at(document, "channels")) {
		for _, name := range sorted(at(document, "channels", topic, "messages")) {
			out = append(out, entry{topic, name, 2})
		}
	}
	return append(out, entry{"types", "types", 2})
}
