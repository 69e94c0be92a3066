package store

import (
	"maps"
	"slices"

	"clocker.io/services/imagebuilder/internal/catalog"
)

// What an application was told of an image.
const (
	ToldNothing = ""
	ToldReady   = "ready"
	ToldFailed  = "failed"
)

// Image is a row of the catalogue.
type Image struct {
	catalog.Image
	Cloud string // whose hosts may work on it
}

// Request is an application that asks for an image.
type Request struct {
	UID         string
	Application string
	Key         string
	Told        string
	Cause       int64  // number of the event that asked
	Trace       string // its W3C traceparent
}

// Host is what is known of a host.
type Host struct {
	catalog.Host
	Epoch        int64 // present one
	CounterEpoch int64 // that Counter belongs to
	Counter      int64 // of the last fact that was settled
}

// Scene is a part of the catalogue in one transaction: some images with all who ask for them, and all hosts. Put and
// Tell change it, Save writes what they changed.
type Scene struct {
	Images   map[string]Image
	Requests []Request // oldest first
	Hosts    []Host

	attempt int // the next unused one
	changed map[string]bool
	told    []Request
}

// Choices are the hosts as catalog chooses among them.
func (sc *Scene) Choices() []catalog.Host {
	out := make([]catalog.Host, len(sc.Hosts))
	for i, h := range sc.Hosts {
		out[i] = h.Host
	}
	return out
}

// Host gives a host; false when provisioner does not know it.
func (sc *Scene) Host(name string) (Host, bool) {
	for _, h := range sc.Hosts {
		if h.Name == name {
			return h, true
		}
	}
	return Host{}, false
}

// Attempt gives a number that no attempt has had.
func (sc *Scene) Attempt() int {
	sc.attempt++
	return sc.attempt - 1
}

// Put sets an image.
func (sc *Scene) Put(i Image) {
	sc.Images[i.Key] = i
	sc.changed[i.Key] = true
}

// Tell sets what an application was told of an image, and with that asks for it.
func (sc *Scene) Tell(r Request) {
	at := slices.IndexFunc(sc.Requests, func(o Request) bool { return o.UID == r.UID && o.Key == r.Key })
	if at < 0 {
		sc.Requests = append(sc.Requests, r)
	} else {
		sc.Requests[at] = r
	}
	sc.told = append(sc.told, r)
}

// Asking lists who asks for an image, oldest first.
func (sc *Scene) Asking(key string) []Request {
	var out []Request
	for _, r := range sc.Requests {
		if r.Key == key {
			out = append(out, r)
		}
	}
	return out
}

// Keys lists the images in a stable order.
func (sc *Scene) Keys() []string { return slices.Sorted(maps.Keys(sc.Images)) }
