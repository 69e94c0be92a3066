// Command flowdoc writes docs/flow.md, whose path is its only argument. It is run by go generate.
package main

import (
	"fmt"
	"os"

	"clocker.io/pkg/events"
	"clocker.io/pkg/events/internal/flowdoc"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: flowdoc FILE")
		os.Exit(2)
	}
	page := flowdoc.Markdown(events.Flow(), events.All())
	if err := os.WriteFile(os.Args[1], []byte(page), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "flowdoc:", err)
		os.Exit(1)
	}
}
