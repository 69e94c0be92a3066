// Command keysdoc writes docs/blueprint.md, whose path is its only argument. It is run by go generate.
package main

import (
	"clocker.io/pkg/blueprint"
	"clocker.io/pkg/docfile"
)

func main() {
	docfile.Main(func() ([]byte, error) { return []byte(blueprint.Page()), nil })
}
