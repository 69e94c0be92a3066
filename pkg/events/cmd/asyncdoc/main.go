// Command asyncdoc writes docs/asyncapi.json, whose path is its only argument. It is run by go generate in pkg/events.
package main

import (
	"clocker.io/pkg/docfile"
	"clocker.io/pkg/events"
	"clocker.io/pkg/events/internal/asyncdoc"
)

func main() {
	docfile.Main(func() ([]byte, error) { return asyncdoc.Document("../..", events.Flow(), events.All()) })
}
