// Command provisioner runs the provisioner service as a process of its own.
package main

import (
	"clocker.io/pkg/run"
	"clocker.io/services/provisioner"
)

func main() { run.Main("provisioner", provisioner.New) }
