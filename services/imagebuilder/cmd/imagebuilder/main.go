// Command imagebuilder runs the imagebuilder service as a process of its own.
package main

import (
	"clocker.io/pkg/run"
	"clocker.io/services/imagebuilder"
)

func main() { run.Main("imagebuilder", imagebuilder.New) }
