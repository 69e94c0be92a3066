package linetest

import (
	"fmt"
	"slices"
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
	pool    []Message // not delivered yet
	past    []Message // delivered: may come again
	running map[clocker.Container]clocker.FactKind
	Log     []events.Event
}

// Message is an event with its number.
type Message struct {
	Number int64
	Event  events.Event
}

// Together is a policy that also takes several events, or several facts, in one transaction.
type Together interface {
	DeliverAll(list []Message) []events.Event
	Facts(list []clocker.Fact) []events.Event
}

// New makes a world in which the application is submitted and its images are wanted; nothing is delivered yet.
func New(t testing.TB, spec clocker.Application, p Policy) *World {
	w := &World{t: t, spec: spec, policy: p, running: map[clocker.Container]clocker.FactKind{}}
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
	w.pool = append(w.pool, Message{w.number, e})
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
	w.react(w.policy.Deliver(m.Number, m.Event))
}

// DeliverAll hands up to most waiting messages to policy, which is a Together, the nth and those after it.
func (w *World) DeliverAll(n, most int) {
	end := min(n+most, len(w.pool))
	list := slices.Clone(w.pool[n:end])
	w.pool = slices.Delete(w.pool, n, end)
	w.past = append(w.past, list...)
	w.react(w.policy.(Together).DeliverAll(list))
}

// Past is how many messages were delivered.
func (w *World) Past() int { return len(w.past) }

// DeliverAgain hands a message over once more; nothing may follow from it.
func (w *World) DeliverAgain(n int) {
	m := w.past[n]
	if out := w.policy.Deliver(m.Number, m.Event); len(out) > 0 {
		w.t.Fatalf("a duplicate of %s %d leads to %v", m.Event.Topic(), m.Number, Topics(out))
	}
}

// react lets the others act on what policy states: scheduler and ipam place and address what is requested, and release
// what is withdrawn or removed.
func (w *World) react(stated []events.Event) {
	for _, e := range stated {
		w.Log = append(w.Log, e)
		switch e := e.(type) {
		case events.ContainerRequested:
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
	w.react(w.policy.Fact(w.seen(c, f)))
}

func (w *World) seen(c clocker.Container, f clocker.Fact) clocker.Fact {
	w.counter++
	f.Counter, f.Container = w.counter, &c
	w.running[c] = f.Kind
	return f
}

// Step lets the agent do the next thing about its nth assignment: remove it, start it, or find it healthy. It reports
// whether there was anything to do.
func (w *World) Step(n int) bool {
	list := w.policy.Assignments()
	return len(list) > 0 && w.act(list[n%len(list)])
}

// StepAll lets the agent do the next thing about up to most assignments, the nth and those after it, and tells policy,
// which is a Together, of all at once. It reports whether there was anything to do.
func (w *World) StepAll(n, most int) bool {
	var facts []clocker.Fact
	list := w.policy.Assignments()
	for _, a := range list[min(n, len(list)):min(n+most, len(list))] {
		if f, ok := w.next(a); ok {
			facts = append(facts, w.seen(a.Container, f))
		}
	}
	if len(facts) > 0 {
		w.react(w.policy.(Together).Facts(facts))
	}
	return len(facts) > 0
}

func (w *World) act(a clocker.Assignment) bool {
	f, ok := w.next(a)
	if ok {
		w.See(a.Container, f)
	}
	return ok
}

// next is the next thing that the agent sees of an assignment, if there is any.
func (w *World) next(a clocker.Assignment) (clocker.Fact, bool) {
	switch {
	case a.Desired == clocker.DesiredRemoved:
		return clocker.Fact{Kind: clocker.FactRemoved}, true
	case a.Desired == clocker.DesiredStopped:
		return clocker.Fact{}, false
	case w.running[a.Container] == "":
		return clocker.Fact{Kind: clocker.FactStarted, EngineID: a.EngineName()}, true
	case w.running[a.Container] != clocker.FactHealthy:
		return clocker.Fact{Kind: clocker.FactHealthy}, true
	}
	return clocker.Fact{}, false
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

// SettleTogether is Settle with up to most events, and as many facts, in one transaction each.
func (w *World) SettleTogether(most int) {
	for range 1000 {
		busy := len(w.pool) > 0
		for n := len(w.pool); n > 0; n -= most {
			w.DeliverAll(0, min(n, most))
		}
		for n := 0; n < len(w.policy.Assignments()); n += most {
			busy = w.StepAll(n, most) || busy
		}
		if !busy {
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
