// Command scheduler runs the service scheduler in a process of its own.
package main

import (
	"clocker.io/pkg/run"
	"clocker.io/services/scheduler"
)

func main() { run.Main("scheduler", scheduler.New) }
