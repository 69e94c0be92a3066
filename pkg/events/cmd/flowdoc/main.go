// Command flowdoc writes docs/flow.md, whose path is its only argument. It is run by go generate.
package main

import (
	"clocker.io/pkg/docfile"
	"clocker.io/pkg/events"
	"clocker.io/pkg/events/internal/flowdoc"
)

func main() {
	docfile.Main(func() ([]byte, error) { return []byte(flowdoc.Markdown(events.Flow(), events.All())), nil })
}
