package policy

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/pkg/run"
	"clocker.io/services/policy/internal/linetest"
	"clocker.io/services/policy/internal/store"
)

const epoch = 3

// bundle is policy on a real database, as a linetest.Policy.
type bundle struct {
	t  testing.TB
	db *pg.DB
	*policy
}

func setup(t testing.TB, spec clocker.Application) *bundle {
	t.Helper()
	return connected(t, spec, bustest.Connect(t))
}

func connected(t testing.TB, spec clocker.Application, conn *bus.Conn) *bundle {
	t.Helper()
	db := pgtest.Open(t, Name, Schema)
	p := newPolicy(db, run.Platform{Bus: conn, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	b := &bundle{t: t, db: db, policy: p}
	pgtest.Exec(t, db, `insert into provisioner.v_hosts (host, address, epoch) values ('localhost', '192.0.2.1', $1)`, epoch)
	b.submit(linetest.UID, spec)
	return b
}

// submit puts an application where api shows it.
func (b *bundle) submit(uid string, spec clocker.Application) {
	b.t.Helper()
	raw, err := json.Marshal(spec)
	if err != nil {
		b.t.Fatal(err)
	}
	pgtest.Exec(b.t, b.db, `insert into api.v_applications (uid, application, spec) values ($1, $2, $3)`, uid, spec.ID, raw)
}

// handle runs deliveries in one transaction, past the inbox: handlers must not need it to see a duplicate through. It
// returns what is stated.
func (b *bundle) handle(ctx context.Context, ds ...events.Delivery) ([]events.Event, error) {
	var out []events.Event
	err := b.unit.Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		for _, d := range ds {
			facts, err := dispatch(ctx, s, d)
			if err != nil {
				return nil, err
			}
			out = append(out, facts...)
		}
		return out, nil
	})
	return bare(out), err
}

// bare takes the links to their causes off events.
func bare(list []events.Event) []events.Event {
	var out []events.Event
	for _, e := range list {
		if l, ok := e.(events.Linked); ok {
			e = l.Event
		}
		out = append(out, e)
	}
	return out
}

func dispatch(ctx context.Context, s *store.Store, d events.Delivery) ([]events.Event, error) {
	switch d.Event.(type) {
	case events.ApplicationSubmitted:
		return onSubmitted(ctx, s, received[events.ApplicationSubmitted](d))
	case events.OperationRequested:
		return onOperation(ctx, s, received[events.OperationRequested](d))
	case events.ContainerWaiting:
		return onWaiting(ctx, s, received[events.ContainerWaiting](d))
	case events.ContainerAddressed:
		return onAddressed(ctx, s, received[events.ContainerAddressed](d))
	case events.ImageReady:
		return onImageReady(ctx, s, received[events.ImageReady](d))
	case events.ImageFailed:
		return onImageFailed(ctx, s, received[events.ImageFailed](d))
	case events.ContainerFailed:
		return onContainerFailed(ctx, s, received[events.ContainerFailed](d))
	default:
		return onContainerReleased(ctx, s, received[events.ContainerReleased](d))
	}
}

func received[E events.Event](d events.Delivery) bus.Received[E] {
	return bus.Received[E]{Event: d.Event.(E), Number: d.Number}
}

// Deliver implements linetest.Policy.
func (b *bundle) Deliver(number int64, e events.Event) []events.Event {
	b.t.Helper()
	out, err := b.handle(b.t.Context(), pgtest.Deliver(number, e))
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// Fact implements linetest.Policy.
func (b *bundle) Fact(f clocker.Fact) []events.Event {
	b.t.Helper()
	var out []events.Event
	err := b.unit.Run(b.t.Context(), func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		h := newHearing(s, clocker.FactBatch{Host: linetest.Host, Epoch: epoch, Noun: noun, Facts: []clocker.Fact{f}}, nil)
		var err error
		out, err = h.settle(ctx)
		return out, err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return bare(out)
}

// tell sends facts as the agent of localhost does.
func (b *bundle) tell(epoch int64, facts ...clocker.Fact) (clocker.FactReply, error) {
	return b.onFacts(b.t.Context(), clocker.SubjectFact+linetest.Host,
		clocker.FactBatch{Host: linetest.Host, Epoch: epoch, Noun: noun, Facts: facts})
}

// ask asks for a complete snapshot as the agent of localhost does.
func (b *bundle) ask(epoch int64) (clocker.RunWant, error) {
	w, err := b.onAsk(b.t.Context(), clocker.SubjectAsk+linetest.Host,
		clocker.Ask{Kind: clocker.AskRun, Host: linetest.Host, Epoch: epoch})
	run, _ := w.(clocker.RunWant)
	return run, err
}

// Assignments implements linetest.Policy.
func (b *bundle) Assignments() []clocker.Assignment {
	b.t.Helper()
	w, err := b.ask(epoch)
	if err != nil {
		b.t.Fatal(err)
	}
	slices.SortFunc(w.Assignments, func(x, y clocker.Assignment) int { return cmp.Compare(x.EngineName(), y.EngineName()) })
	return w.Assignments
}

// value reads one value.
func (b *bundle) value(sql string, args ...any) any {
	b.t.Helper()
	for _, row := range pgtest.Query(b.t, b.db, sql, args...) {
		for _, v := range row {
			return v
		}
	}
	return nil
}
