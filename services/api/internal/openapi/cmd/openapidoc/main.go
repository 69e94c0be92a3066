// Command openapidoc writes the OpenAPI document of the API, whose path is its only argument. It is run by go generate in
// services/api.
package main

import (
	"fmt"
	"os"

	"clocker.io/services/api/internal/http"
	"clocker.io/services/api/internal/openapi"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: openapidoc FILE")
		os.Exit(2)
	}
	text, err := openapi.Document("../..", http.Routes())
	if err == nil {
		err = os.WriteFile(os.Args[1], text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "openapidoc:", err)
		os.Exit(1)
	}
}
