// Command ipam runs the service ipam in a process of its own.
package main

import (
	"clocker.io/pkg/run"
	"clocker.io/services/ipam"
)

func main() { run.Main("ipam", ipam.New) }
