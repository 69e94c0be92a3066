package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"os"
	"strings"

	"clocker.io/pkg/clocker"
)

// admit checks an agent's join token against the file, read each time so that a changed one counts at once. Hashes of
// equal length are compared in constant time: neither content nor length shows.
func admit(file, token string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return &clocker.Error{Code: clocker.Unavailable, Message: "the control plane has no join token yet", Err: err}
	}
	want := strings.TrimSpace(string(data))
	if want == "" {
		return &clocker.Error{Code: clocker.Unavailable, Message: "the control plane's join token is empty"}
	}
	a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(strings.TrimSpace(token)))
	if subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		return &clocker.Error{Code: clocker.Denied,
			Message: "the join token is wrong: give the agent the one of this installation, the file join-token in its data directory"}
	}
	return nil
}
