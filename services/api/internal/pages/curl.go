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
	words := []string{"curl"}
	if streams(o.Is) {
		words = append(words, "-N")
	}
	if o.Method != "get" {
		words = append(words, "-X "+strings.ToUpper(o.Method))
	}
	if security, ok := at(o.Is, "security").([]any); !ok || len(security) > 0 {
		words = append(words, `-H "Authorization: Bearer $CLOCKER_TOKEN"`)
	}
	return strings.Join(append(append(words, body(o.Is)...), `"$CLOCKER_URL`+address+`"`), " ")
}

// body is what carries the body of a request, in the first of the types that it may have.
func body(is any) []string {
	for _, kind := range sorted(at(is, "requestBody", "content")) {
		header := fmt.Sprintf("-H 'Content-Type: %s'", kind)
		example := at(is, "requestBody", "content", kind, "example")
		if example == nil {
			return []string{header, "--data-binary @blueprint.yaml"}
		}
		text, err := json.Marshal(example)
		if err != nil {
			panic(err) // it came from JSON
		}
		return []string{header, "-d '" + strings.ReplaceAll(string(text), "'", `'\''`) + "'"}
	}
	return nil
}

// streams reports whether an operation may be answered with a stream.
func streams(is any) bool {
	return slices.ContainsFunc(sorted(at(is, "responses", "200", "content")), func(kind string) bool {
		return at(is, "responses", "200", "content", kind, "x-item-schema") != nil
	})
}
