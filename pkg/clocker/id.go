package clocker

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxIDLength is the longest id of an application, entity, cloud or host, in bytes.
const MaxIDLength = 40

// ValidID reports whether s is a DNS label that Clocker takes as an id: a-z, 0-9 and '-', not at either end, 1 to
// MaxIDLength bytes.
func ValidID(s string) bool {
	if s == "" || len(s) > MaxIDLength || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// Slug turns a human name into an id: lower case, runs of other characters become one '-', cut at MaxIDLength. It is
// empty when the name holds no letter or digit of a-z, A-Z, 0-9.
func Slug(name string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(name) {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') {
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(r)
			continue
		}
		dash = true
	}
	s := b.String()
	if len(s) > MaxIDLength {
		s = s[:MaxIDLength]
	}
	return strings.TrimRight(s, "-")
}

// Key is the identity of a container for life: the application's uid, its entity and an ordinal from 0. It is what
// leases, volumes and labels hang on; a uid is never reused, so neither is a Key.
type Key struct {
	UID     string `json:"uid"`
	Entity  string `json:"entity"`
	Ordinal int    `json:"ordinal"`
}

// String is the label form, uid/entity/ordinal.
func (k Key) String() string { return k.UID + "/" + k.Entity + "/" + strconv.Itoa(k.Ordinal) }

// ParseKey reads the form that Key.String writes.
func ParseKey(s string) (Key, error) {
	parts := strings.Split(s, "/")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" {
		return Key{}, fmt.Errorf("container key %q: want uid/entity/ordinal", s)
	}
	n, err := strconv.Atoi(parts[2])
	if err != nil || n < 0 {
		return Key{}, fmt.Errorf("container key %q: ordinal %q is no number from 0", s, parts[2])
	}
	return Key{UID: parts[0], Entity: parts[1], Ordinal: n}, nil
}

// Container names one generation of a container. Every event and message about a container embeds it.
type Container struct {
	Application string `json:"application"`
	UID         string `json:"uid"`
	Entity      string `json:"entity"`
	Ordinal     int    `json:"ordinal"`
	Generation  int64  `json:"generation"`
}

// Key is the identity without its generation.
func (c Container) Key() Key { return Key{UID: c.UID, Entity: c.Entity, Ordinal: c.Ordinal} }

// About gives the container that a message or an event is about, through the types that embed it.
func (c Container) About() Container { return c }

// Path is the form shown to users, shop/web/0.
func (c Container) Path() string {
	return c.Application + "/" + c.Entity + "/" + strconv.Itoa(c.Ordinal)
}

// EngineName is the container's name in the Docker Engine, clk-<app>-<entity>-<ordinal>-g<generation>.
func (c Container) EngineName() string {
	return fmt.Sprintf("clk-%s-%s-%d-g%d", c.Application, c.Entity, c.Ordinal, c.Generation)
}

// Labels that Clocker puts on what it makes in an Engine. Installation alone decides whether a thing is ours.
const (
	LabelInstallation = "io.clocker.installation"
	LabelContainer    = "io.clocker.container"  // uid/entity/ordinal, on containers and volumes
	LabelGeneration   = "io.clocker.generation" // on containers
	LabelEpoch        = "io.clocker.epoch"      // epoch of the host's agent when it made the container
	LabelNetwork      = "io.clocker.network"    // network id, on networks
	LabelImage        = "io.clocker.image"      // image key, on built images
	LabelHangUp       = "io.clocker.hangup"     // container whose command is ended, on the one that ends it
)
