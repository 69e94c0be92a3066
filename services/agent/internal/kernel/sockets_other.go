//go:build !linux

package kernel

import "clocker.io/services/agent/internal/hostports"

// sockets are none: those that are in the way of the Engine's are in a virtual machine that this process does not reach.
func sockets() []hostports.Socket { return nil }
