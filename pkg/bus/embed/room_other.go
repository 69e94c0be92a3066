//go:build !linux

package embed

import "errors"

// room is not known elsewhere; the server itself notices a full disk when it writes.
func room(string) (uint64, error) { return 0, errors.ErrUnsupported }
