// Command rightsdoc writes docs/rights.md, whose path is its only argument. It is run by go generate.
package main

import (
	"clocker.io/pkg/bus/rights"
	"clocker.io/pkg/docfile"
)

func main() {
	docfile.Main(func() ([]byte, error) { return []byte(rights.Page()), nil })
}
