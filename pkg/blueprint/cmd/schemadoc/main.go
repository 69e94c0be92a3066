// Command schemadoc writes docs/blueprint.schema.json, whose path is its only argument. It is run by go generate.
package main

import (
	"fmt"
	"os"

	"clocker.io/pkg/blueprint"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: schemadoc FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], blueprint.Schema(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "schemadoc:", err)
		os.Exit(1)
	}
}
