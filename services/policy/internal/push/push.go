package push

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/reconcile"

	"github.com/prometheus/client_golang/prometheus"
)

// Source reads assignments and their revisions.
type Source interface {
	Run(ctx context.Context, host string, after int64, size int) (clocker.RunWant, error)
	Revisions(ctx context.Context) (map[string]int64, error)
}

// Publisher sends a core NATS message.
type Publisher interface {
	Publish(subject string, v any) error
}

// PageSize is how many bytes of assignments go into one message, if more than one goes into it: far below what NATS takes,
// so that a few large containers never keep a host from hearing of all others.
const PageSize = 1 << 20

// resync is how often revisions are read from Postgres: another process of policy may have raised them.
const resync = 5 * time.Second

// Pusher pushes assignments, one host at a time and hosts beside each other. It is safe for concurrent use.
type Pusher struct {
	source Source
	bus    Publisher
	queue  *reconcile.Queue
	log    *slog.Logger
	reg    prometheus.Registerer

	mu    sync.Mutex
	hosts map[string]*host
}

// host is what is known of one host's revisions. All of it may be wrong after a restart; heartbeats put it right.
type host struct {
	sent    int64 // pushed up to here
	current int64 // of Postgres, as last read
	due     int64 // what was current at the last heartbeat: the next one should show at least that
	epoch   int64
}

// New makes a pusher; metrics may be nil. It does nothing until Run.
func New(source Source, bus Publisher, log *slog.Logger, metrics prometheus.Registerer) *Pusher {
	return &Pusher{source: source, bus: bus, log: log, reg: metrics, queue: reconcile.NewQueue(), hosts: map[string]*host{}}
}

// Wake asks for a push to a host whose assignments changed. It does not block.
func (p *Pusher) Wake(name string) { p.queue.Add(name) }

// Beat takes in which revision a host has. One that lacks what was current a heartbeat ago missed a push: it gets what
// came after its own revision.
func (p *Pusher) Beat(b clocker.Beat) {
	p.mu.Lock()
	h := p.of(b.Host)
	if h.epoch != b.Epoch {
		h.epoch, h.due = b.Epoch, 0
	}
	missed := b.RunRevision < h.due
	switch {
	case missed:
		h.sent = b.RunRevision
	case b.RunRevision > h.sent:
		h.sent = b.RunRevision
	}
	h.current = max(h.current, b.RunRevision)
	h.due = h.current
	p.mu.Unlock()
	if missed {
		p.queue.Add(b.Host)
	}
}

// Push sends a host the assignments that it has not been sent yet, a page in each message. A host that is not registered
// gets nothing: it asks when it is.
func (p *Pusher) Push(ctx context.Context, name string) error {
	p.mu.Lock()
	after := p.of(name).sent
	p.mu.Unlock()
	for {
		w, err := p.source.Run(ctx, name, after, PageSize)
		if clocker.CodeOf(err) == clocker.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if w.Revision == after && len(w.Assignments) == 0 {
			return nil
		}
		more := w.Next != nil
		w.Next = nil // of an answer: what is pushed follows by its revisions
		if err := p.bus.Publish(clocker.SubjectWant+name, clocker.Want{Run: &w}); err != nil {
			return fmt.Errorf("push assignments to host %s: %w", name, err)
		}
		if !p.pushed(name, after, w.Revision) || !more {
			return nil
		}
		after = w.Revision
	}
}

// pushed notes what was sent. False says that a heartbeat said otherwise meanwhile, and asked for a push of its own.
func (p *Pusher) pushed(name string, after, revision int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.of(name)
	h.current = max(h.current, revision)
	if h.sent != after {
		return false
	}
	h.sent = revision
	return true
}

// Run pushes until ctx ends.
func (p *Pusher) Run(ctx context.Context) error {
	return reconcile.Run(ctx, p.queue, reconcile.Options{Name: "push", Workers: 4, Resync: resync, Keys: p.behind, Log: p.log,
		Metrics: p.reg, Backoff: reconcile.Backoff{Min: 50 * time.Millisecond, Max: 2 * time.Second, Factor: 2}}, p.Push)
}

// behind lists the hosts whose present revision was not sent from here.
func (p *Pusher) behind(ctx context.Context) ([]string, error) {
	revisions, err := p.source.Revisions(ctx)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for name, revision := range revisions {
		h := p.of(name)
		h.current = max(h.current, revision)
		if h.sent < revision {
			out = append(out, name)
		}
	}
	return out, nil
}

func (p *Pusher) of(name string) *host {
	h := p.hosts[name]
	if h == nil {
		h = &host{}
		p.hosts[name] = h
	}
	return h
}
