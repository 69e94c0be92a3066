// Command dns runs the dns service as a process of its own.
package main

import (
	"clocker.io/pkg/run"
	"clocker.io/services/dns"
)

func main() { run.Main("dns", dns.New) }
