package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/pkg/run/runtest"
	"clocker.io/services/imagebuilder/internal/jobs"
	"clocker.io/services/imagebuilder/internal/store"
)

const digest = "c0ffee"

var (
	redis = clocker.ImageSource{Reference: "docker.io/library/redis:7"}
	web   = clocker.ImageSource{Dockerfile: "FROM scratch", Context: digest}
)

type fixture struct {
	db      *pg.DB
	jobs    *jobs.Jobs
	wants   chan clocker.ImageWant // what host localhost is told
	number  int64
	counter int64
}

func setup(t *testing.T) *fixture {
	t.Helper()
	conn := bustest.Connect(t)
	f := &fixture{wants: make(chan clocker.ImageWant, 1000),
		db: pgtest.Open(t, "imagebuilder", pg.Schema{Name: "imagebuilder", Migrations: store.Migrations()})}
	f.jobs = jobs.New(jobs.Config{DB: f.db, Bus: conn, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	there := make(chan struct{}, 1)
	r := bus.Listen(clocker.SubjectWant+"localhost", "", func(_ context.Context, _ string, w clocker.Want) {
		if w.Image != nil {
			f.wants <- *w.Image
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
	runtest.Eventually(t, "subscribe", func() error { // what says nothing is heard once it is
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
	return f
}

// host sets provisioner's word on host localhost.
func (f *fixture) host(t *testing.T, state string, epoch int64) {
	t.Helper()
	pgtest.Exec(t, f.db, `delete from provisioner.v_hosts`)
	pgtest.Exec(t, f.db, `insert into provisioner.v_hosts (host, cloud, state, epoch) values ('localhost', 'my-docker-cloud', $1, $2)`, state, epoch)
}

// submit makes api's row of an application and delivers the event.
func (f *fixture) submit(t *testing.T, uid string, sources ...clocker.ImageSource) {
	t.Helper()
	spec := clocker.Application{ID: "app-" + uid, Cloud: "my-docker-cloud"}
	e := events.ApplicationSubmitted{Application: spec.ID, UID: uid}
	for n, s := range sources {
		id := fmt.Sprintf("e%d", n)
		spec.Entities = append(spec.Entities, clocker.Entity{ID: id, Image: s})
		e.Entities = append(e.Entities, events.SubmittedEntity{Entity: id, Image: s.Key()})
	}
	data, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, f.db, `insert into api.v_applications (uid, application, spec) values ($1, $2, $3)`, uid, spec.ID, data)
	deliver(t, f, f.jobs.Submitted, e)
}

func (f *fixture) gone(t *testing.T, uid string) {
	t.Helper()
	pgtest.Exec(t, f.db, `update api.v_applications set gone_at = now() where uid = $1`, uid)
	deliver(t, f, f.jobs.Gone, events.ApplicationGone{Application: "app-" + uid, UID: uid})
}

// deliver gives an event to a handler as the bus does, twice: the second time must change nothing.
func deliver[E events.Event](t *testing.T, f *fixture, fn func(context.Context, *store.Store, bus.Received[E]) ([]events.Event, error), e E) {
	t.Helper()
	f.number++
	for range 2 {
		err := f.jobs.Unit().Do(t.Context(), "imagebuilder", []events.Delivery{pgtest.Deliver(f.number, e)},
			func(ctx context.Context, s *store.Store, d events.Delivery) ([]events.Event, error) {
				return fn(ctx, s, bus.Received[E]{Event: d.Event.(E), Number: d.Number})
			})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// told takes the next message to the host and checks its order.
func (f *fixture) told(t *testing.T, previous int64, jobs ...string) clocker.ImageWant {
	t.Helper()
	select {
	case w := <-f.wants:
		if w.Previous != previous || !reflect.DeepEqual(show(w), jobs) {
			t.Fatalf("told %d to %d %v, want from %d %v", w.Previous, w.Revision, show(w), previous, jobs)
		}
		return w
	case <-time.After(2 * time.Minute):
		t.Fatalf("the host was told nothing, want %v", jobs)
	}
	return clocker.ImageWant{}
}

// show writes jobs by what they are about: redis, web; with what is to be done.
func show(w clocker.ImageWant) []string {
	var out []string
	for _, j := range w.Jobs {
		name := map[string]string{redis.Key(): "redis", web.Key(): "web"}[j.Key]
		switch {
		case j.Removed:
			name += " removed"
		case j.Done:
			name += " done"
		}
		out = append(out, name)
	}
	return out
}

// report sends a fact of the host, and gives the reason if it is refused.
func (f *fixture) report(t *testing.T, epoch int64, fact clocker.Fact) string {
	t.Helper()
	if fact.Counter == 0 {
		f.counter++
		fact.Counter = f.counter
	}
	reply, err := f.jobs.Facts(t.Context(), clocker.SubjectFact+"localhost", clocker.FactBatch{Host: "localhost", Epoch: epoch,
		Noun: "image", Facts: []clocker.Fact{fact}})
	if err != nil {
		t.Fatal(err)
	}
	return reply.Refused[fact.Counter]
}

func found(w clocker.ImageWant, id string, fresh bool) clocker.Fact {
	return clocker.Fact{Kind: clocker.FactImageReady, Image: &clocker.ImageFact{Key: w.Jobs[0].Key, Attempt: w.Jobs[0].Attempt,
		Image: id, Size: 42, New: fresh}}
}

func failed(w clocker.ImageWant, retry bool) clocker.Fact {
	return clocker.Fact{Kind: clocker.FactImageFailed, Reason: "it broke", Image: &clocker.ImageFact{Key: w.Jobs[0].Key,
		Attempt: w.Jobs[0].Attempt, Retry: retry, Tail: []string{"line 1", "line 2"}}}
}

func (f *fixture) states(t *testing.T, want ...events.Event) {
	t.Helper()
	if got := pgtest.Outbox(t, f.db); !reflect.DeepEqual(got, want) {
		t.Fatalf("stated %+v, want %+v", got, want)
	}
}

func imageReady(uid string, s clocker.ImageSource, id string) events.Event {
	return events.ImageReady{Application: "app-" + uid, UID: uid, Key: s.Key(), Image: id, Reference: s.Reference}
}

func (f *fixture) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = f.jobs.Run(ctx) }()
	t.Cleanup(sync.OnceFunc(func() { cancel(); <-done }))
}
