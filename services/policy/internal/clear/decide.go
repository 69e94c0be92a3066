package clear

import (
	"fmt"

	"clocker.io/pkg/clocker"
	"clocker.io/services/policy/internal/rows"
)

// Input is everything the join looks at.
type Input struct {
	Container *rows.Container // placed and addressed
	Entity    clocker.Entity
	Image     *rows.Image // what is known of its image; nil while nothing is
	Building  string      // imagebuilder's word on an image that is not ready; may be empty
	Known     func(clocker.SensorRef) (string, bool)
}

// Outcome is one of: an assignment, a reason to wait, a reason to fail. Failed says for which cause.
type Outcome struct {
	Assignment *clocker.Assignment
	Waiting    string
	Failed     string
	Cause      rows.Cause
}

// Decide clears a container, or says what holds it back. The revision of the assignment is the store's to give.
func Decide(in Input) Outcome {
	e := in.Entity
	if err := Admit(e); err != nil {
		return Outcome{Failed: err.Error(), Cause: rows.CauseRefused}
	}
	if in.Image != nil && !in.Image.Ready {
		return Outcome{Failed: "image: " + in.Image.Reason, Cause: rows.CauseImage}
	}
	if e.Latch != nil {
		if v, ok := in.Known(*e.Latch); !ok || !Truthy(v) {
			return Outcome{Waiting: "waits for " + e.Latch.String()}
		}
	}
	if in.Image == nil {
		return Outcome{Waiting: waitsForImage(in.Building)}
	}
	r := resolver{known: in.Known}
	a := assignment(in, &r)
	switch {
	case r.err != nil:
		return Outcome{Failed: r.err.Error(), Cause: rows.CauseRefused}
	case r.missing != nil:
		return Outcome{Waiting: "waits for " + r.missing.String()}
	}
	return Outcome{Assignment: a}
}

func waitsForImage(building string) string {
	if building == "" {
		return "waits for its image"
	}
	return "waits for its image: " + building
}

// Truthy is whether a sensor's value opens a latch.
func Truthy(v string) bool { return v != "" && v != "false" && v != "0" }

// assignment is what the host is asked to run; it counts only when r ends without a missing sensor or an error.
func assignment(in Input, r *resolver) *clocker.Assignment {
	c, e := in.Container, in.Entity
	return &clocker.Assignment{
		Container: c.Container, Desired: clocker.DesiredRunning,
		Image: in.Image.Image, Reference: in.Image.Reference,
		Env:        environment(c, e, r),
		Entrypoint: r.all(e.Entrypoint), Command: r.all(e.Commands),
		Network: c.Network, Address: c.Address, MAC: c.MAC,
		DNS: c.DNS, Search: []string{c.Application + "." + clocker.Zone, clocker.Zone},
		Ports: c.Ports, Volumes: mounts(c.Key(), e.Volumes),
		Resources: e.Resources, Health: e.Health, Restart: e.Restart,
	}
}

// environment is the blueprint's, then Clocker's own, which a blueprint cannot override: later ones win in the Engine.
func environment(c *rows.Container, e clocker.Entity, r *resolver) []string {
	var out []string
	for _, v := range e.Env {
		out = append(out, v.Name+"="+r.one(v.Value))
	}
	return append(out,
		"CLOCKER_APPLICATION="+c.Application,
		"CLOCKER_ENTITY="+c.Entity,
		fmt.Sprintf("CLOCKER_ORDINAL=%d", c.Ordinal),
		"CLOCKER_CONTAINER="+c.Path(),
		"CLOCKER_ADDRESS="+c.Address,
		"CLOCKER_HOST="+c.Host,
	)
}

func mounts(k clocker.Key, volumes []clocker.Volume) []clocker.Mount {
	var out []clocker.Mount
	for _, v := range volumes {
		out = append(out, clocker.Mount{Volume: clocker.VolumeName(k, v.Name), Path: v.Path})
	}
	return out
}

// resolver resolves values and remembers the first thing that kept one from being resolved.
type resolver struct {
	known   func(clocker.SensorRef) (string, bool)
	missing *clocker.SensorRef
	err     error
}

func (r *resolver) one(v clocker.Value) string {
	if r.missing != nil || r.err != nil {
		return ""
	}
	var text string
	text, r.missing, r.err = v.Resolve(r.known)
	return text
}

func (r *resolver) all(values []clocker.Value) []string {
	var out []string
	for _, v := range values {
		out = append(out, r.one(v))
	}
	return out
}
