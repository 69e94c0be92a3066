package pages

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// curl is a request for an operation as one types it, with the examples that its parameters and bodies have; empty for one
// that curl does not speak.
func curl(o operation) string {
	if at(o.Is, "responses", "101") != nil {
		return ""
	}
	address, query := o.Path, url.Values{}
	parameters, _ := at(o.Is, "parameters").([]any)
	for _, p := range parameters {
		name, example := fmt.Sprint(at(p, "name")), at(p, "example")
		switch {
		case at(p, "in") == "path":
			address = strings.ReplaceAll(address, "{"+name+"}", url.PathEscape(fmt.Sprint(example)))
		case at(p, "in") == "query" && at(p, "x-shown") == true:
			query.Set(name, fmt.Sprint(example))
		}
	}
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	first := "curl"
	if streams(o.Is) {
		first += " -N"
	}
	if o.Method != "get" {
		first += " -X " + strings.ToUpper(o.Method)
	}
	lines := []string{first + ` "$CLOCKER_URL` + address + `"`}
	if security, ok := at(o.Is, "security").([]any); !ok || len(security) > 0 {
		lines = append(lines, `-H "Authorization: Bearer $CLOCKER_TOKEN"`)
	}
	return strings.Join(append(lines, body(o.Is)...), " \\\n  ")
}

// body is what carries the body of a request, in the first of the types that it may have.
func body(is any) []string {
	kinds := sorted(at(is, "requestBody", "content"))
	if len(kinds) == 0 {
		return nil
	}
	header := fmt.Sprintf("-H 'Content-Type: %s'", kinds[0])
	example := at(is, "requestBody", "content", kinds[0], "example")
	if example == nil {
		return []string{header, "--data-binary @blueprint.yaml"}
	}
	text, err := json.Marshal(example)
	if err != nil {
		panic(err) // it came from JSON
	}
	return []string{header, "-d '" + strings.ReplaceAll(string(text), "'", `'\''`) + "'"}
}

// streams reports whether an operation may be answered with a stream.
func streams(is any) bool {
	return slices.ContainsFunc(sorted(at(is, "responses", "200", "content")), func(kind string) bool {
		return at(is, "responses", "200", "content", kind, "x-item-schema") != nil
	})
}
