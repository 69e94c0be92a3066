// Command sensorsdoc writes docs/sensors.md, whose path is its only argument. It is run by go generate.
package main

import (
	"fmt"
	"os"

	"clocker.io/pkg/sensors"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: sensorsdoc FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], []byte(sensors.Page()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "sensorsdoc:", err)
		os.Exit(1)
	}
}
