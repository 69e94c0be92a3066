// Command agent runs the agent of this host alone.
package main

import (
	"clocker.io/pkg/run"
	"clocker.io/services/agent"
)

func main() { run.Main("agent", agent.New) }
