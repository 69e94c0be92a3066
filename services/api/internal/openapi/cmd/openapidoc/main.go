// Command openapidoc writes the OpenAPI document of the API, whose path is its only argument. It is run by go generate in
// services/api.
package main

import (
	"clocker.io/pkg/docfile"
	"clocker.io/services/api/internal/http"
	"clocker.io/services/api/internal/openapi"
)

func main() {
	docfile.Main(func() ([]byte, error) { return openapi.Document("../..", http.Routes()) })
}
