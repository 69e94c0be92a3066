// Package push tells hosts what has changed in their networks, after the commit that changed it.
//
// It never changes what it tells of, and never waits for anybody: a message that is lost is noticed by its receiver,
// which finds that the next one does not follow, and asks for a snapshot.
//
// Start reading at [Pusher].
package push

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/reconcile"
	"clocker.io/services/ipam/internal/store"

	"github.com/prometheus/client_golang/prometheus"
)

// workers bounds how many updates are sent at once. Those of one network and host are sent one after another.
const workers = 4

// Pusher sends NetworkUpdates on clocker.net.<host>. Make one with New; it is safe for concurrent use.
type Pusher struct {
	db      *pg.DB
	unit    *pg.Unit[*store.Store]
	publish func(subject string, v any) error
	queue   *reconcile.Queue
	log     *slog.Logger
	metrics prometheus.Registerer
}

// New makes a pusher that sends by publish; metrics may be nil.
func New(db *pg.DB, unit *pg.Unit[*store.Store], publish func(subject string, v any) error, log *slog.Logger,
	metrics prometheus.Registerer,
) *Pusher {
	return &Pusher{db: db, unit: unit, publish: publish, queue: reconcile.NewQueue(), log: log, metrics: metrics}
}

// Wake has a host told of a network. It does not block.
func (p *Pusher) Wake(network, host string) { p.queue.Add(network + "@" + host) }

// Run sends until ctx ends; at the start and every 30 s it looks who lags.
func (p *Pusher) Run(ctx context.Context) error {
	return reconcile.Run(ctx, p.queue, reconcile.Options{Name: "push", Workers: workers, Keys: p.behind, Log: p.log,
		Metrics: p.metrics}, p.push)
}

func (p *Pusher) behind(ctx context.Context) ([]string, error) {
	pairs, err := store.Behind(ctx, p.db)
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(pairs))
	for i, pair := range pairs {
		keys[i] = pair[0] + "@" + pair[1]
	}
	return keys, nil
}

// push sends before it remembers: what is sent twice does not follow what the receiver has, and is cheap.
func (p *Pusher) push(ctx context.Context, key string) error {
	network, host, _ := strings.Cut(key, "@")
	for {
		u, news, err := store.Update(ctx, p.db, network, host)
		if err != nil || !news {
			return err
		}
		if err := p.publish(clocker.SubjectNet+host, u); err != nil {
			return fmt.Errorf("tell %s of network %s: %w", host, network, err)
		}
		err = p.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
			return nil, s.Pushed(ctx, network, host, u.Revision)
		})
		if err != nil || len(u.Endpoints) < store.EndpointsMost {
			return err
		}
	}
}

// Answer gives a host a page of the networks that it has, each complete; other kinds of ask are for other services. A host
// may ask for itself alone: the subject is what its rights are bound to.
func (p *Pusher) Answer(ctx context.Context, subject string, ask clocker.Ask) (clocker.NetworkSnapshot, error) {
	if ask.Kind != clocker.AskNetworks {
		return clocker.NetworkSnapshot{}, bus.ErrNotMine
	}
	if err := clocker.SpokenBy(subject, ask.Host); err != nil {
		return clocker.NetworkSnapshot{}, err
	}
	if ask.Page != nil {
		return store.Snapshot(ctx, p.db, ask.Host, *ask.Page)
	}
	all, err := store.Snapshot(ctx, p.db, ask.Host, clocker.Page{})
	if err == nil && all.Next != nil { // who knows of no pages would take the first for all of them
		return clocker.NetworkSnapshot{}, ask.TooOld()
	}
	return all, err
}
