package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"clocker.io/pkg/schema"
	"clocker.io/services/api/internal/describe"
	"clocker.io/services/api/internal/http"
	"clocker.io/services/api/internal/view"
)

const about = `Clocker turns machines with Docker into a cloud: deploy blueprints, look at what runs, change it, and follow
every event.

What takes time is answered with 202 and an *operation*: ask for it until its state is done, failed or cancelled, or
follow the events. Lists come in pages: ask again with the cursor in next_cursor until there is none. A refusal is a
problem (RFC 9457) with a code, whose type is the address of a page about it. Fields may be added to any answer; none is
renamed, removed or given another meaning.`

// packages are those whose types the API shows.
var packages = []string{"services/api/internal/view", "services/api/internal/diff", "services/api/internal/replay", "services/api/internal/http", "pkg/clocker", "pkg/events", "pkg/audit"}

// Document is the OpenAPI document for routes, as JSON. Root is the relative path to the workspace.
func Document(root string, routes []http.Route) ([]byte, error) {
	set, err := schema.New(root, packages, nameOf)
	if err != nil {
		return nil, err
	}
	w := &writer{set: set, paths: map[string]any{}}
	for _, r := range routes {
		if err := w.add(r); err != nil {
			return nil, fmt.Errorf("%s %s: %w", r.Method, r.Path, err)
		}
	}
	problem, err := set.Of(reflect.TypeFor[view.Problem]())
	if err != nil {
		return nil, err
	}
	document := map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{"title": "Clocker", "version": "1", "description": about,
			"license": map[string]any{"name": "Apache License 2.0", "identifier": "Apache-2.0"}},
		"servers":  []any{map[string]any{"url": "/", "description": "where this document is served"}},
		"security": []any{map[string]any{"token": []any{}}},
		"tags":     w.tags,
		"paths":    w.paths,
		"components": map[string]any{
			"schemas":   set.Components(),
			"headers":   headers(),
			"responses": map[string]any{"Problem": problemAnswer(problem)},
			"securitySchemes": map[string]any{"token": map[string]any{"type": "http", "scheme": "bearer",
				"description": "A token of `clocker token create`, or the text of the file token in the installation's data directory"}},
		},
	}
	return encode(document)
}

// encode writes a document for people to read, too: Go's own escapes for HTML would be in their way.
func encode(document any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(document)
	return b.Bytes(), err
}

// nameOf names a type in the document: a page by what is in it, and what a blueprint says apart from what the API shows.
func nameOf(t reflect.Type) string {
	name := t.Name()
	if page, inner, ok := strings.Cut(name, "["); ok {
		return path.Ext(strings.TrimSuffix(inner, "]"))[1:] + page
	}
	if t.PkgPath() == "clocker.io/pkg/clocker" && t.Kind() == reflect.Struct {
		return "Spec" + name
	}
	return strings.ToUpper(name[:min(1, len(name))]) + name[min(1, len(name)):]
}

func headers() map[string]any {
	out := map[string]any{}
	for name, what := range describe.Headers {
		out[name] = map[string]any{"description": what, "schema": map[string]any{"type": "string"}}
	}
	return out
}

func headerRefs(names ...string) map[string]any {
	out := map[string]any{}
	for _, name := range append([]string{"Trace-Id"}, names...) {
		out[name] = map[string]any{"$ref": "#/components/headers/" + name}
	}
	return out
}

func problemAnswer(problem map[string]any) map[string]any {
	return map[string]any{"description": "A refusal, in words a user can act on", "headers": headerRefs("Retry-After", "WWW-Authenticate", "Allow"),
		"content": map[string]any{describe.Problem: map[string]any{"schema": problem}}}
}

// writer collects the paths of a document.
type writer struct {
	set   *schema.Set
	paths map[string]any
	tags  []any
	last  string
}

var inPath = regexp.MustCompile(`:([a-z]+)|\*`)

func (w *writer) add(r http.Route) error {
	o := map[string]any{"operationId": r.Is.ID, "summary": r.Is.Summary, "tags": []any{w.tag(r.Path)}, "x-least-role": r.Least}
	if r.Is.Details != "" {
		o["description"] = r.Is.Details
	}
	if r.Least == "nobody" {
		o["security"] = []any{}
	}
	parameters, err := parametersOf(r)
	if err != nil {
		return err
	}
	if len(parameters) > 0 {
		o["parameters"] = parameters
	}
	if len(r.Is.Body) > 0 {
		if o["requestBody"], err = w.body(r.Is.Body); err != nil {
			return err
		}
	}
	if o["responses"], err = w.answers(r); err != nil {
		return err
	}
	address := inPath.ReplaceAllString(r.Path, "{$1}")
	item, _ := w.paths[address].(map[string]any)
	if item == nil {
		item = map[string]any{}
		w.paths[address] = item
	}
	item[strings.ToLower(r.Method)] = o
	return nil
}

// tag groups paths by the noun that they are about.
func (w *writer) tag(address string) string {
	name := "process"
	if rest, ok := strings.CutPrefix(address, "/v1/"); ok {
		name, _, _ = strings.Cut(rest, "/")
	}
	if name != w.last {
		w.last = name
		for _, t := range w.tags {
			if t.(map[string]any)["name"] == name {
				return name
			}
		}
		w.tags = append(w.tags, map[string]any{"name": name})
	}
	return name
}

func parametersOf(r http.Route) (out []any, err error) {
	for _, found := range inPath.FindAllStringSubmatch(r.Path, -1) {
		p, ok := describe.Path[found[1]]
		if !ok {
			return nil, fmt.Errorf("describe.Path does not say what :%s is", found[1])
		}
		out = append(out, parameter("path", p))
	}
	for _, p := range r.Is.Query {
		out = append(out, parameter("query", p))
	}
	for _, p := range r.Is.Headers {
		out = append(out, parameter("header", p))
	}
	return out, nil
}

func parameter(in string, p describe.Param) map[string]any {
	of := map[string]any{"type": string(p.Kind)}
	if len(p.OneOf) > 0 {
		of["enum"] = p.OneOf
	}
	if p.Kind == describe.Whole {
		of["minimum"] = p.Min
		of["format"] = "int64"
	}
	if p.Max > 0 {
		of["maximum"] = p.Max
	}
	if p.Default != nil {
		of["default"] = p.Default
	}
	out := map[string]any{"name": p.Name, "in": in, "description": p.What, "schema": of}
	if p.Many {
		out["schema"] = map[string]any{"type": "array", "items": of}
		out["style"], out["explode"] = "form", false
	}
	if in == "path" {
		out["required"] = true
	}
	if p.Example != nil {
		out["example"] = p.Example
		if p.Many {
			out["example"] = []any{p.Example}
		}
	}
	if p.Shown {
		out["x-shown"] = true
	}
	return out
}

func (w *writer) body(bodies []describe.Body) (map[string]any, error) {
	content := map[string]any{}
	for _, b := range bodies {
		of, err := w.set.Of(b.Type)
		if err != nil {
			return nil, err
		}
		one := map[string]any{"schema": of}
		if b.Example != nil {
			one["example"] = b.Example
		}
		content[b.Content] = one
	}
	return map[string]any{"description": bodies[0].What, "required": bodies[0].Must, "content": content}, nil
}

func (w *writer) answers(r http.Route) (map[string]any, error) {
	refusal := map[string]any{"$ref": "#/components/responses/Problem"}
	out := map[string]any{"default": refusal}
	if r.Least != "nobody" {
		out["401"], out["403"] = refusal, refusal
	}
	if strings.Contains(r.Path, ":") {
		out["404"] = refusal
	}
	for _, a := range r.Is.Answers {
		one := map[string]any{"description": a.What, "headers": headerRefs(a.Headers...)}
		if content := map[string]any{}; len(a.Content) > 0 {
			for _, c := range a.Content {
				of, err := w.content(c)
				if err != nil {
					return nil, err
				}
				content[c.Type] = of
			}
			one["content"] = content
		}
		out[strconv.Itoa(a.Status)] = one
	}
	return out, nil
}

// content is a body; one of many lines is a text to OpenAPI 3.1, and x-item-schema says what each is.
func (w *writer) content(c describe.Content) (map[string]any, error) {
	of, err := w.set.Of(c.Of)
	if err != nil || !c.Stream {
		return map[string]any{"schema": of}, err
	}
	return map[string]any{"schema": map[string]any{"type": "string"}, "x-item-schema": of}, nil
}
