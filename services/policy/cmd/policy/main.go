// Command policy runs the policy service as a process of its own.
package main

import (
	"clocker.io/pkg/run"
	"clocker.io/services/policy"
)

func main() { run.Main("policy", policy.New) }
