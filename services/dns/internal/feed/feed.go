package feed

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/reconcile"
	"clocker.io/services/dns/internal/zone"
)

const (
	askWithin = 30 * time.Second // for all of a snapshot; who is silent is given up sooner by Ask
	askEvery  = 30 * time.Second // a snapshot nobody needed: what was missed without a trace ends here
	maxQueue  = 10000            // updates; with more waiting, a snapshot is cheaper
)

// Config is what a feed needs.
type Config struct {
	Host    string
	File    string                                                     // where the snapshot is kept
	Ask     func(ctx context.Context) (clocker.NetworkSnapshot, error) // for a complete snapshot
	Changed func()                                                     // called after each change of the zone; must not block
	Now     func() time.Time
	Log     *slog.Logger
}

// Feed holds the latest zone. It is safe for concurrent use.
type Feed struct {
	cfg    Config
	zone   atomic.Pointer[zone.Zone]
	seen   atomic.Int64  // Unix nanoseconds of when ipam last said something of use
	wake   chan struct{} // updates or a wish wait
	unsave chan struct{} // the copy on disk is behind

	mu     sync.Mutex
	queue  []clocker.NetworkUpdate
	wanted bool // a snapshot is
}

// New makes a feed with an empty zone that wants a snapshot.
func New(cfg Config) *Feed {
	f := &Feed{cfg: cfg, wake: make(chan struct{}, 1), unsave: make(chan struct{}, 1), wanted: true}
	f.zone.Store(zone.New(cfg.Host, clocker.NetworkSnapshot{}))
	f.seen.Store(cfg.Now().UnixNano())
	return f
}

// Zone is the latest zone; never nil.
func (f *Feed) Zone() *zone.Zone { return f.zone.Load() }

// Owns reports whether addr is a gateway on this host: there, names are asked of us.
func (f *Feed) Owns(addr netip.Addr) bool { return f.Zone().Owns(addr) }

// Age is how long ago ipam last confirmed or changed what is served.
func (f *Feed) Age() time.Duration { return f.cfg.Now().Sub(time.Unix(0, f.seen.Load())) }

// Push takes an update of ipam. It never blocks.
func (f *Feed) Push(u clocker.NetworkUpdate) {
	f.mu.Lock()
	if len(f.queue) >= maxQueue {
		f.queue, f.wanted = nil, true
	}
	f.queue = append(f.queue, u)
	f.mu.Unlock()
	signal(f.wake)
}

// Resync asks for a snapshot soon: updates may have been missed. It never blocks.
func (f *Feed) Resync() {
	f.want(true)
	signal(f.wake)
}

// Run applies updates in their order and asks for snapshots where one was missed; it returns when ctx ends.
func (f *Feed) Run(ctx context.Context) error {
	backoff := reconcile.Backoff{Min: 100 * time.Millisecond, Max: 5 * time.Second, Factor: 2}
	failures := 0
	var notBefore time.Time
	regular := time.NewTicker(askEvery)
	defer regular.Stop()
	for {
		var retry <-chan time.Time
		if wait := time.Until(notBefore); f.wants() && wait > 0 {
			retry = time.After(wait)
		} else if f.wants() {
			if err := f.ask(ctx); err != nil {
				f.cfg.Log.Debug("ask for networks", "reason", err)
				failures++
				wait = backoff.After(failures)
				notBefore, retry = time.Now().Add(wait), time.After(wait)
			} else {
				failures = 0
			}
		}
		f.applyQueued()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.wake:
		case <-retry:
		case <-regular.C:
			f.Resync()
		}
	}
}

// ask replaces the zone by a snapshot. Updates that arrive meanwhile wait in the queue and are applied on top; those
// that the snapshot holds already change nothing.
func (f *Feed) ask(ctx context.Context) error {
	f.want(false)
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	s, err := f.cfg.Ask(ctx)
	if err == nil && s.Host != f.cfg.Host {
		err = fmt.Errorf("the answer is about host %q", s.Host)
	}
	if err != nil {
		f.want(true)
		return err
	}
	f.replace(zone.New(f.cfg.Host, s))
	return nil
}

// applyQueued applies what waits. A missed update leaves its network as it was until the snapshot comes.
func (f *Feed) applyQueued() {
	f.mu.Lock()
	queue := f.queue
	f.queue = nil
	f.mu.Unlock()
	if len(queue) == 0 {
		return
	}
	z := f.Zone()
	for _, u := range queue {
		next, change := z.Apply(u)
		if change == zone.Gap {
			f.Resync()
			continue
		}
		z = next
	}
	if z != f.Zone() {
		f.replace(z)
	}
}

func (f *Feed) replace(z *zone.Zone) {
	f.zone.Store(z)
	f.seen.Store(f.cfg.Now().UnixNano())
	signal(f.unsave)
	f.cfg.Changed()
}

func (f *Feed) want(snapshot bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wanted = snapshot
}

func (f *Feed) wants() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.wanted
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
