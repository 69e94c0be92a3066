// Command rightsdoc writes docs/rights.md, whose path is its only argument. It is run by go generate.
package main

import (
	"fmt"
	"os"

	"clocker.io/pkg/bus/rights"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: rightsdoc FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], []byte(rights.Page()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "rightsdoc:", err)
		os.Exit(1)
	}
}
