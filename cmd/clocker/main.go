// Command clocker runs Clocker on this machine and talks to it.
package main

import (
	"os"

	"clocker.io/cmd/clocker/internal/cli"
)

func main() { os.Exit(cli.Main()) }
