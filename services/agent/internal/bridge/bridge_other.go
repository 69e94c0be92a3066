//go:build !linux

package bridge

// SetMAC does nothing: the Engine's bridges live in a virtual machine that this process does not reach.
func SetMAC(string, string) error { return nil }

// Routes lists nothing, for the same reason.
func Routes(func(string) bool) ([]string, error) { return nil, nil }
