package linetest

import (
	"fmt"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

// Host is the one host there is.
const Host = "localhost"

// Policy is what the world talks to.
type Policy interface {
	// Deliver handles an event and returns what is stated.
	Deliver(number int64, e events.Event) []events.Event
	// Fact settles a fact of the agent and returns what is stated.
	Fact(f clocker.Fact) []events.Event
	// Assignments is a complete snapshot for the host.
	Assignments() []clocker.Assignment
}

// World is one application and everybody around policy.
type World struct {
	t       testing.TB
	spec    clocker.Application
	policy  Policy
	number  int64
	counter int64
	pool    []message // not delivered yet
	past    []message // delivered: may come again
	running map[clocker.Container]clocker.FactKind
	placed  map[clocker.Container]bool
	Log     []events.Event
}

type message struct {
	number int64
	event  events.Event
}

// New makes a world in which the application is submitted and its images are wanted; nothing is delivered yet.
func New(t testing.TB, spec clocker.Application, p Policy) *World {
	w := &World{t: t, spec: spec, policy: p, running: map[clocker.Container]clocker.FactKind{}, placed: map[clocker.Container]bool{}}
	w.post(events.ApplicationSubmitted{Application: spec.ID, UID: UID, Cloud: spec.Cloud, Operation: "deploy"})
	seen := map[string]bool{}
	for _, e := range spec.Entities {
		if key := e.Image.Key(); !seen[key] {
			seen[key] = true
			w.post(events.ImageReady{Application: spec.ID, UID: UID, Key: key, Image: "sha256:" + key})
		}
	}
	return w
}

// UID is the application's.
const UID = "u1"

func (w *World) post(e events.Event) {
	w.number++
	w.pool = append(w.pool, message{w.number, e})
}

// Ask posts an operation.
func (w *World) Ask(id, kind, target, params string) {
	e := events.OperationRequested{Operation: id, Kind: kind, Application: w.spec.ID, UID: UID, Target: target}
	if params != "" {
		e.Params = []byte(params)
	}
	w.post(e)
}

// Spoil posts that an image cannot be had, and that it can after all.
func (w *World) Spoil(key string) {
	w.post(events.ImageFailed{Application: w.spec.ID, UID: UID, Key: key, Reason: "no such image"})
	w.post(events.ImageReady{Application: w.spec.ID, UID: UID, Key: key, Image: "sha256:" + key})
}

// Pending is how many messages wait.
func (w *World) Pending() int { return len(w.pool) }

// Deliver hands the nth waiting message to policy.
func (w *World) Deliver(n int) {
	m := w.pool[n]
	w.pool = append(w.pool[:n:n], w.pool[n+1:]...)
	w.past = append(w.past, m)
	w.react(w.policy.Deliver(m.number, m.event))
}

// Past is how many messages were delivered.
func (w *World) Past() int { return len(w.past) }

// DeliverAgain hands a message over once more; nothing may follow from it.
func (w *World) DeliverAgain(n int) {
	m := w.past[n]
	if out := w.policy.Deliver(m.number, m.event); len(out) > 0 {
		w.t.Fatalf("a duplicate of %s %d leads to %v", m.event.Topic(), m.number, Topics(out))
	}
}

// react lets the others act on what policy states: scheduler and ipam place and address what is requested, and release
// what is withdrawn or removed.
func (w *World) react(stated []events.Event) {
	for _, e := range stated {
		w.Log = append(w.Log, e)
		switch e := e.(type) {
		case events.ContainerRequested:
			w.placed[e.Container] = true
			w.post(address(e))
		case events.ContainerWithdrawn:
			if !e.Assigned {
				w.post(events.ContainerReleased{Container: e.Container, Host: e.Host})
			}
		case events.ContainerRemoved:
			w.post(events.ContainerReleased(e))
		case events.ContainerFailed:
			w.post(e)
		}
	}
}

func address(e events.ContainerRequested) events.ContainerAddressed {
	ip := fmt.Sprintf("10.200.%d.%d", len(e.Entity), 16+e.Ordinal)
	ports := make([]clocker.PortBinding, len(e.Ports))
	for i, p := range e.Ports {
		if p.HostPort == 0 {
			p.HostPort = 49000 + e.Ordinal
		}
		ports[i] = p
	}
	return events.ContainerAddressed{Container: e.Container, Host: Host, Network: UID, Address: ip,
		MAC: "02:42:0a:c8:00:10", DNS: []string{"10.200.3.254"}, Ports: ports}
}

// See lets the agent see something of a container it is assigned.
func (w *World) See(c clocker.Container, f clocker.Fact) {
	w.counter++
	f.Counter, f.Container = w.counter, &c
	w.running[c] = f.Kind
	w.react(w.policy.Fact(f))
}

// Step lets the agent do the next thing about its nth assignment: remove it, start it, or find it healthy. It reports
// whether there was anything to do.
func (w *World) Step(n int) bool {
	list := w.policy.Assignments()
	return len(list) > 0 && w.act(list[n%len(list)])
}

func (w *World) act(a clocker.Assignment) bool {
	switch {
	case a.Desired == clocker.DesiredRemoved:
		w.See(a.Container, clocker.Fact{Kind: clocker.FactRemoved})
	case a.Desired == clocker.DesiredStopped:
		return false
	case w.running[a.Container] == "":
		w.See(a.Container, clocker.Fact{Kind: clocker.FactStarted, EngineID: a.EngineName()})
	case w.running[a.Container] != clocker.FactHealthy:
		w.See(a.Container, clocker.Fact{Kind: clocker.FactHealthy})
	default:
		return false
	}
	return true
}

// Round delivers everything that waits, in order, and lets the agent do the next thing about each assignment. It
// reports whether anything happened.
func (w *World) Round() bool {
	busy := len(w.pool) > 0
	for n := len(w.pool); n > 0; n-- {
		w.Deliver(0)
	}
	for _, a := range w.policy.Assignments() {
		busy = w.act(a) || busy
	}
	return busy
}

// Settle goes on until nothing is left to do.
func (w *World) Settle() {
	for range 1000 {
		if !w.Round() {
			return
		}
	}
	w.t.Fatal("the world does not come to rest")
}

// Topics names events in a list.
func Topics(list []events.Event) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.Topic()
		if c, ok := events.ContainerOf(e); ok {
			out[i] += fmt.Sprintf(" %s g%d", c.Path(), c.Generation)
		}
	}
	return out
}
