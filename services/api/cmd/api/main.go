// Command api runs the service api alone.
package main

import (
	"clocker.io/pkg/run"
	"clocker.io/services/api"
)

func main() { run.Main("api", api.New) }
