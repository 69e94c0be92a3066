package clocker

import (
	"crypto/sha256"
	"encoding/hex"
)

// ImageSource is where an entity's image comes from: a reference, or a Dockerfile with an optional context.
type ImageSource struct {
	Reference  string `json:"reference,omitempty"`  // normalised, docker.io/library/redis:7
	Dockerfile string `json:"dockerfile,omitempty"` // text; empty with Path unset means Reference
	Path       string `json:"path,omitempty"`       // Dockerfile inside the context
	Context    string `json:"context,omitempty"`    // sha256 of the context's tar.gz, hex; empty when none
}

// Builds reports whether the image is built rather than pulled.
func (s ImageSource) Builds() bool { return s.Dockerfile != "" || s.Path != "" }

// Key is the content key of an image: equal inputs, equal key. It names the image in events and, for a built one, its
// tag in the Engine.
func (s ImageSource) Key() string {
	h := sha256.New()
	for _, part := range []string{s.Reference, s.Dockerfile, s.Path, s.Context} {
		sum := sha256.Sum256([]byte(part))
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))[:24]
}

// Tag is what a built image is called in an Engine.
func (s ImageSource) Tag() string { return "clocker.local/built:" + s.Key() }
