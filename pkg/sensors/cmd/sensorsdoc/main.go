// Command sensorsdoc writes docs/sensors.md, whose path is its only argument. It is run by go generate.
package main

import (
	"clocker.io/pkg/docfile"
	"clocker.io/pkg/sensors"
)

func main() {
	docfile.Main(func() ([]byte, error) { return []byte(sensors.Page()), nil })
}
