package control_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/pkg/run/runtest"
	"clocker.io/services/provisioner/internal/control"
	"clocker.io/services/provisioner/internal/provider"
	"clocker.io/services/provisioner/internal/store"
)

const token = "secret"

// clock is time that a test moves, and nothing else does: on a slow machine, too, nobody is silent for long who should
// not be.
type clock struct {
	begin time.Time
	ahead atomic.Int64
}

func (c *clock) now() time.Time          { return c.begin.Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

type fixture struct {
	db      *pg.DB
	control *control.Control
	clock   *clock
	calls   chan clocker.Want // what the agent of host localhost is told
	number  int64
	seen    []events.Event
	watch   func() (stop func())
}

func setup(t *testing.T) *fixture {
	t.Helper()
	server := bustest.Server(t)
	conn := bustest.Control(t, server)
	f := &fixture{clock: &clock{begin: time.Now()}, calls: make(chan clocker.Want, 100),
		db: pgtest.Open(t, "provisioner", pg.Schema{Name: "provisioner", Migrations: store.Migrations()})}
	file := filepath.Join(t.TempDir(), "join-token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.control = control.New(control.Config{
		DB: f.db, Bus: conn, TokenFile: file, Location: "localhost", Now: f.clock.now, Log: slog.New(slog.DiscardHandler),
		Providers: map[string]provider.Provider{"localhost": provider.NewLocalhost(control.Offers{DB: f.db, Location: "localhost"})},
	})
	listen(t, conn, f.calls)
	f.run(t, func(ctx context.Context, s *store.Store) ([]events.Event, error) { return nil, s.Seed(ctx, cloud(64)) })
	f.watch = func() func() {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); _ = f.control.Watch(ctx) }()
		stop := sync.OnceFunc(func() { cancel(); <-done })
		t.Cleanup(stop)
		return stop
	}
	return f
}

func cloud(maxContainers int) store.Cloud {
	return store.Cloud{Name: "my-docker-cloud", Location: "localhost", Provider: "localhost", MaxHosts: 1,
		MaxContainers: maxContainers, Strategies: []clocker.Strategy{{Name: "MaxContainers"}, {Name: "BreadthFirst"}}}
}

// listen hears what host localhost is told, and returns once its subscription is there: what says nothing is its own.
func listen(t *testing.T, conn *bus.Conn, calls chan<- clocker.Want) {
	t.Helper()
	there := make(chan struct{}, 1)
	r := bus.Listen(clocker.SubjectWant+"localhost", "", func(_ context.Context, _ string, w clocker.Want) {
		if w != (clocker.Want{}) {
			calls <- w
			return
		}
		select {
		case there <- struct{}{}:
		default:
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = r.Serve(ctx, conn) }()
	t.Cleanup(func() { cancel(); <-done })
	runtest.Eventually(t, "subscribe", func() error {
		if err := conn.Publish(clocker.SubjectWant+"localhost", clocker.Want{}); err != nil {
			return err
		}
		select {
		case <-there:
			return nil
		default:
			return errors.New("not yet")
		}
	})
}

func (f *fixture) run(t *testing.T, fn func(context.Context, *store.Store) ([]events.Event, error)) {
	t.Helper()
	if err := f.control.Unit().Run(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// deliver gives an event to the service's handlers as the bus does.
func (f *fixture) deliver(t *testing.T, e events.HostNeeded) {
	t.Helper()
	f.number++
	err := f.control.Unit().Do(t.Context(), "provisioner", []events.Delivery{pgtest.Deliver(f.number, e)},
		func(ctx context.Context, s *store.Store, d events.Delivery) ([]events.Event, error) {
			return f.control.Needed(ctx, s, bus.Received[events.HostNeeded]{Event: d.Event.(events.HostNeeded), Number: d.Number})
		})
	if err != nil {
		t.Fatal(err)
	}
}

// short tells the scheduler's shortage and the event that goes with it.
func (f *fixture) short(t *testing.T) {
	t.Helper()
	pgtest.Exec(t, f.db, `insert into scheduler.v_shortages values ('my-docker-cloud', 3, 'no host', now())`)
	f.deliver(t, events.HostNeeded{Cloud: "my-docker-cloud", Reason: "no host"})
}

func (f *fixture) register(t *testing.T, engine string) (clocker.Registered, error) {
	t.Helper()
	return f.control.Ask(t.Context(), clocker.SubjectAsk+"localhost", clocker.Ask{Kind: clocker.AskRegister, Host: "localhost",
		Register: &clocker.Registration{Token: token, Address: "192.0.2.1", Capacity: clocker.Capacity{Memory: 8 << 30, Cores: 2},
			Engine: clocker.Engine{ID: engine, Version: "20.10"}}})
}

func (f *fixture) mustRegister(t *testing.T, want clocker.Registered) {
	t.Helper()
	got, err := f.register(t, "E1")
	if err != nil {
		t.Fatal(err)
	}
	if got.Epoch != want.Epoch || got.Wait != want.Wait || got.Cloud != want.Cloud {
		t.Fatalf("Registered %+v, want %+v", got, want)
	}
}

func (f *fixture) reconciled(t *testing.T, epoch int64) map[int64]string {
	t.Helper()
	reply, err := f.control.Facts(t.Context(), clocker.SubjectFact+"localhost", clocker.FactBatch{Host: "localhost", Epoch: epoch,
		Noun: "host", Facts: []clocker.Fact{{Counter: 7, Kind: clocker.FactReconciled}}})
	if err != nil {
		t.Fatal(err)
	}
	return reply.Refused
}

func (f *fixture) beat(epoch int64, engineDown bool) {
	f.control.Beat(context.Background(), clocker.SubjectBeat+"localhost", clocker.Beat{Host: "localhost", Epoch: epoch, EngineDown: engineDown})
}

func (f *fixture) called(t *testing.T) {
	t.Helper()
	select {
	case w := <-f.calls:
		if w.Host == nil {
			t.Fatalf("the agent was told %+v, want a call to register", w)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("the agent was not called")
	}
}

// states waits until the facts stated so far end with these, and says what was stated besides them. While it waits time
// passes, a little with each look.
func (f *fixture) states(t *testing.T, want ...events.Event) {
	t.Helper()
	runtest.Eventually(t, "wait for facts", func() error {
		f.seen = append(f.seen, pgtest.Outbox(t, f.db)...)
		if len(f.seen) < len(want) {
			f.clock.advance(20 * time.Millisecond)
			return fmt.Errorf("stated %+v, want %+v", f.seen, want)
		}
		return nil
	})
	if !reflect.DeepEqual(f.seen, want) {
		t.Fatalf("stated %+v, want %+v", f.seen, want)
	}
	f.seen = nil
}

func readyIn(epoch int64) events.HostReady {
	return events.HostReady{Cloud: "my-docker-cloud", Host: "localhost", Epoch: epoch, Location: "localhost", Address: "192.0.2.1",
		Capacity: clocker.Capacity{Memory: 8 << 30, Cores: 2}, Engine: clocker.Engine{ID: "E1", Version: "20.10"}}
}

func suspected(epoch int64, reason string) events.HostSuspected {
	return events.HostSuspected{Cloud: "my-docker-cloud", Host: "localhost", Epoch: epoch, Reason: reason}
}

// makeReady brings host localhost to epoch 1, ready.
func (f *fixture) makeReady(t *testing.T) {
	t.Helper()
	f.mustRegister(t, clocker.Registered{Wait: true})
	f.short(t)
	f.called(t)
	f.mustRegister(t, clocker.Registered{Epoch: 1, Cloud: "my-docker-cloud"})
	f.reconciled(t, 1)
	f.states(t, readyIn(1))
	pgtest.Exec(t, f.db, `delete from scheduler.v_shortages`)
}
