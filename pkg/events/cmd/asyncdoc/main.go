// Command asyncdoc writes docs/asyncapi.json, whose path is its only argument. It is run by go generate in pkg/events.
package main

import (
	"fmt"
	"os"

	"clocker.io/pkg/events"
	"clocker.io/pkg/events/internal/asyncdoc"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: asyncdoc FILE")
		os.Exit(2)
	}
	text, err := asyncdoc.Document("../..", events.Flow(), events.All())
	if err == nil {
		err = os.WriteFile(os.Args[1], text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "asyncdoc:", err)
		os.Exit(1)
	}
}
