package agent_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
)

const host = "localhost"

// patience bounds every wait of a test for something that should happen.
const patience = 3 * time.Minute

// control is a control plane of one host, as the agent sees it.
type control struct {
	t    *testing.T
	conn *bus.Conn

	mu       sync.Mutex
	wait     bool // tell the agent that its host is not wanted
	deaf     bool // answer nothing
	epoch    int64
	asked    int // registrations
	run      clocker.RunWant
	owners   []string // container identities elsewhere
	images   clocker.ImageWant
	networks map[string]clocker.NetworkUpdate
	contexts map[string][]byte
	facts    []clocker.Fact
	beat     clocker.Beat
	readings clocker.Readings
	news     chan struct{} // closed and made anew when something arrives
}

func newControl(t *testing.T, server *bustest.NATS) *control {
	t.Helper()
	c := &control{t: t, conn: bustest.Control(t, server), networks: map[string]clocker.NetworkUpdate{},
		contexts: map[string][]byte{}, news: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, r := range []bus.Responder{
		bus.Respond(clocker.SubjectAsk+"*", "control", c.ask),
		bus.Respond(clocker.SubjectFact+"*", "control", c.fact),
		bus.Listen(clocker.SubjectBeat+"*", "control", c.hear),
		bus.Listen(clocker.SubjectSensor+host, "control", c.read),
	} {
		running.Go(func() { _ = r.Serve(ctx, c.conn) })
	}
	t.Cleanup(func() { cancel(); running.Wait() })
	return c
}

func (c *control) arrived() {
	close(c.news)
	c.news = make(chan struct{})
}

func (c *control) ask(_ context.Context, _ string, a clocker.Ask) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deaf {
		return nil, bus.ErrNotMine
	}
	if a.Kind == clocker.AskRegister {
		defer c.arrived()
		c.asked++
		if a.Register.Token != "token" {
			return nil, &clocker.Error{Code: clocker.Denied, Message: "wrong token"}
		}
		if c.wait {
			return clocker.Registered{Wait: true, Reason: "nothing to do"}, nil
		}
		c.epoch++
		return clocker.Registered{Epoch: c.epoch, Cloud: "cloud"}, nil
	}
	if a.Epoch != c.epoch {
		return nil, &clocker.Error{Code: clocker.Conflict, Message: "old epoch"}
	}
	switch a.Kind {
	case clocker.AskRun:
		w := c.run
		w.Host, w.Epoch, w.Complete = host, c.epoch, true
		return w, nil
	case clocker.AskOwners:
		return clocker.OwnersGone{Gone: slices.DeleteFunc(slices.Clone(a.Owners), func(o string) bool { return slices.Contains(c.owners, o) })}, nil
	case clocker.AskImages:
		w := c.images
		w.Host, w.Epoch, w.Complete = host, c.epoch, true
		return w, nil
	case clocker.AskNetworks:
		s := clocker.NetworkSnapshot{Host: host}
		for _, n := range c.networks {
			s.Networks = append(s.Networks, n)
		}
		return s, nil
	}
	data := c.contexts[a.Context.Digest]
	end := min(a.Context.Offset+1000, int64(len(data)))
	return clocker.ContextChunk{Data: data[a.Context.Offset:end], Total: int64(len(data))}, nil
}

func (c *control) fact(_ context.Context, _ string, b clocker.FactBatch) (clocker.FactReply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deaf {
		return clocker.FactReply{}, bus.ErrNotMine
	}
	if b.Epoch != c.epoch {
		return clocker.FactReply{}, &clocker.Error{Code: clocker.Conflict, Message: "old epoch"}
	}
	c.facts = append(c.facts, b.Facts...)
	c.arrived()
	return clocker.FactReply{}, nil
}

func (c *control) hear(_ context.Context, _ string, b clocker.Beat) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beat = b
	c.arrived()
}

func (c *control) read(_ context.Context, _ string, r clocker.Readings) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readings = r
	c.arrived()
}

// set changes what control knows.
func (c *control) set(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fn()
}

func (c *control) send(subject string, v any) {
	c.t.Helper()
	if err := c.conn.Publish(subject, v); err != nil {
		c.t.Fatal(err)
	}
}

// assign changes assignments and pushes them as a delta.
func (c *control) assign(list ...clocker.Assignment) {
	c.t.Helper()
	c.mu.Lock()
	previous := c.run.Revision
	c.run.Revision++
	for i := range list {
		list[i].Revision = c.run.Revision
		c.run.Assignments = append(without(c.run.Assignments, list[i].Container), list[i])
	}
	w := clocker.RunWant{Host: host, Epoch: c.epoch, Previous: previous, Revision: c.run.Revision, Assignments: list}
	c.mu.Unlock()
	c.send(clocker.SubjectWant+host, clocker.Want{Run: &w})
}

func without(list []clocker.Assignment, k clocker.Container) []clocker.Assignment {
	var out []clocker.Assignment
	for _, a := range list {
		if a.Container != k {
			out = append(out, a)
		}
	}
	return out
}

// point lets endpoints name this host and a generation, and pushes that as a delta.
func (c *control) point(network string, endpoints ...clocker.Endpoint) {
	c.t.Helper()
	c.mu.Lock()
	n := c.networks[network]
	u := clocker.NetworkUpdate{Network: n.Network, Previous: n.Revision, Revision: n.Revision + 1, Endpoints: endpoints, Complete: n.Revision == 0}
	n.Revision++
	n.Complete = true
	for _, e := range endpoints {
		var kept []clocker.Endpoint
		for _, old := range n.Endpoints {
			if old.Address != e.Address {
				kept = append(kept, old)
			}
		}
		n.Endpoints = append(kept, e)
	}
	c.networks[network] = n
	c.mu.Unlock()
	c.send(clocker.SubjectNet+host, u)
}

// order asks for images.
func (c *control) order(jobs ...clocker.ImageJob) {
	c.t.Helper()
	c.mu.Lock()
	previous := c.images.Revision
	c.images.Revision++
	c.images.Jobs = append(c.images.Jobs, jobs...)
	w := clocker.ImageWant{Host: host, Epoch: c.epoch, Previous: previous, Revision: c.images.Revision, Jobs: jobs}
	c.mu.Unlock()
	c.send(clocker.SubjectWant+host, clocker.Want{Image: &w})
}

// until waits until what control knows satisfies cond.
func (c *control) until(what string, cond func() bool) {
	c.t.Helper()
	deadline := time.After(patience)
	for {
		c.mu.Lock()
		ok, news := cond(), c.news
		c.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-news:
		case <-deadline:
			c.mu.Lock()
			defer c.mu.Unlock()
			c.t.Fatalf("waited %s for %s; facts so far:\n%s", patience, what, story(c.facts))
		}
	}
}

// seen waits for a fact that reads as text, and drops it and all before it of the same container.
func (c *control) seen(text string) clocker.Fact {
	c.t.Helper()
	var found clocker.Fact
	c.until(text, func() bool {
		for i, f := range c.facts {
			if strings.HasPrefix(line(f), text) {
				found = f
				c.facts = append(c.facts[:i:i], c.facts[i+1:]...)
				return true
			}
		}
		return false
	})
	return found
}

func line(f clocker.Fact) string {
	s := string(f.Kind)
	switch {
	case f.Container != nil:
		s += " " + f.Container.Path()
	case f.Orphan != nil:
		s += " " + f.Orphan.Kind + " " + f.Orphan.Name
	case f.Image != nil:
		s += fmt.Sprintf(" %s new=%v retry=%v", f.Image.Key, f.Image.New, f.Image.Retry)
	}
	if f.Attempt > 0 {
		s += fmt.Sprintf(" #%d", f.Attempt)
	}
	if f.Reason != "" {
		s += ": " + f.Reason
	}
	return s
}

func story(facts []clocker.Fact) string {
	var b strings.Builder
	for _, f := range facts {
		b.WriteString("  " + line(f) + "\n")
	}
	return b.String()
}
