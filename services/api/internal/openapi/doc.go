// Package openapi writes the OpenAPI document of the API from the table that the server routes by and the Go types that
// it answers with.
//
// It is for the generator of docs/openapi.json and for tests, because it reads the comments in the source; the server
// serves the file. Start reading at [Document].
package openapi
