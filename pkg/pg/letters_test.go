package pg_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/pkg/run"

	"github.com/prometheus/client_golang/prometheus"
)

// mender is a service whose handler fails on what it has not been mended for.
type mender struct {
	t      *testing.T
	db     *pg.DB
	conn   *bus.Conn
	unit   *pg.Unit[store]
	broken atomic.Bool
	stop   func()
	gauge  *prometheus.Registry
}

func newMender(t *testing.T) *mender {
	t.Helper()
	db := pgtest.Open(t, "ipam", ledger)
	m := &mender{t: t, db: db, conn: bustest.Connect(t), unit: pg.NewUnit(db, bind)}
	m.broken.Store(true)
	m.start()
	return m
}

// start runs the service's consumer and loops, as a new process does.
func (m *mender) start() {
	c := bus.Consume("ipam", m.unit, bus.On(m.placed))
	m.gauge = prometheus.NewRegistry()
	p := run.Platform{Bus: m.conn, Metrics: m.gauge, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx, m.conn) })
	for _, l := range pg.Loops(p, m.db, c) {
		running.Go(func() { _ = l.Run(ctx) })
	}
	m.stop = func() { cancel(); running.Wait() }
	m.t.Cleanup(func() { m.stop() })
}

func (m *mender) placed(ctx context.Context, s store, e bus.Received[events.ContainerPlaced]) ([]events.Event, error) {
	if err := s.see(ctx, e.Event.Path()); err != nil {
		return nil, err
	}
	if m.broken.Load() {
		return nil, bus.Permanent(errors.New("no place for it"))
	}
	return []events.Event{events.ContainerAddressed{Container: e.Event.Container}}, nil
}

func place(ordinal int) events.ContainerPlaced {
	return events.ContainerPlaced{Container: clocker.Container{Application: "shop", UID: "u", Entity: "web", Ordinal: ordinal, Generation: 1}}
}

// until waits until a query gives want rows.
func (m *mender) until(want int, sql string, args ...any) {
	m.t.Helper()
	newRuns().until(m.t, fmt.Sprintf("%d rows of %s", want, sql), func() bool { return len(pgtest.Query(m.t, m.db, sql, args...)) == want })
}

func (m *mender) order(action string, numbers ...int64) clocker.LetterReply {
	m.t.Helper()
	var reply clocker.LetterReply
	err := m.conn.Request(m.t.Context(), clocker.SubjectLetter+"ipam", clocker.LetterOrder{Action: action, Numbers: numbers, By: "ada"}, &reply)
	if err != nil {
		m.t.Fatal(err)
	}
	return reply
}

// said gives the data of the events of a topic in the log.
func (m *mender) said(topic string) []string {
	m.t.Helper()
	var out []string
	for _, row := range pgtest.Query(m.t, m.db, `select convert_from(data, 'UTF8') as data, cause from events.events where topic = $1 order by number`, topic) {
		out = append(out, fmt.Sprintf("%d: %s", row["cause"], row["data"]))
	}
	return out
}

func TestADeadLetterIsRetriedAfterTheMendOrDropped(t *testing.T) {
	t.Parallel()
	m := newMender(t)
	state(t, m.unit, place(0), place(1))
	m.until(2, `select 1 from events.v_dead_letters where service = 'ipam'`)
	m.until(2, `select 1 from events.events where topic = 'deadletter.added'`)
	want := `1: {"consumer":"ipam","number":1,"topic":"container.placed","application":"shop","attempts":1,"reason":"handle container.placed 1: no place for it"}`
	if got := m.said("deadletter.added"); got[0] != want {
		t.Errorf("stated %s, want %s", got[0], want)
	}
	reply := m.order(clocker.LetterRetry, 1, 77)
	if f := reply.Failed[1]; f.Code != clocker.Conflict || f.Message != "ipam cannot handle event 1 still: no place for it" {
		t.Errorf("a retry before the mend: %+v", reply)
	}
	if f := reply.Failed[77]; f.Code != clocker.NotFound || f.Message != "ipam has no dead letter 77" {
		t.Errorf("a letter that does not exist: %+v", reply)
	}
	m.until(1, `select 1 from ipam.dead_letters where attempts = 2 and tried_at > died_at`)
	if rows := pgtest.Query(t, m.db, `select 1 from ipam.seen`); len(rows) != 0 {
		t.Errorf("%d effects of a handler that failed", len(rows))
	}

	m.broken.Store(false)
	if reply := m.order(clocker.LetterRetry, 1); !slices.Equal(reply.Settled, []int64{1}) {
		t.Errorf("a retry after the mend: %+v", reply)
	}
	if reply := m.order(clocker.LetterDrop, 2); !slices.Equal(reply.Settled, []int64{2}) {
		t.Errorf("a drop: %+v", reply)
	}
	for _, action := range []string{clocker.LetterRetry, clocker.LetterDrop} {
		if reply := m.order(action, 1, 2); len(reply.Failed) != 2 || len(reply.Settled) != 0 {
			t.Errorf("%s of what is settled: %+v", action, reply)
		}
	}
	m.until(2, `select 1 from events.events where topic = 'deadletter.settled'`)
	wanted := []string{
		`1: {"consumer":"ipam","number":1,"topic":"container.placed","application":"shop","outcome":"retried","by":"ada"}`,
		`2: {"consumer":"ipam","number":2,"topic":"container.placed","application":"shop","outcome":"dropped","by":"ada"}`,
	}
	if got := m.said("deadletter.settled"); !slices.Equal(got, wanted) {
		t.Errorf("stated %v, want %v", got, wanted)
	}
	m.until(1, `select 1 from events.events where topic = 'container.addressed' and cause = 1`)
	m.until(1, `select 1 from ipam.seen where name = 'shop/web/0'`)
	m.until(0, `select 1 from ipam.dead_letters`)
	var refused *clocker.Error
	err := m.conn.Request(t.Context(), clocker.SubjectLetter+"ipam", clocker.LetterOrder{Action: "burn", Numbers: []int64{1}}, &reply)
	if !errors.As(err, &refused) || refused.Code != clocker.Invalid {
		t.Errorf("an unknown action: %v", err)
	}
}

func TestDeadLettersAreTriedAgainWhenTheServiceStarts(t *testing.T) {
	t.Parallel()
	m := newMender(t)
	state(t, m.unit, place(0))
	m.until(1, `select 1 from ipam.dead_letters`)
	m.until(1, `select 1 from events.events where topic = 'deadletter.added'`)
	m.stop()
	m.broken.Store(false) // a new version
	m.start()
	m.until(1, `select 1 from ipam.seen where name = 'shop/web/0'`)
	m.until(1, `select 1 from events.events where topic = 'deadletter.settled' and convert_from(data, 'UTF8') like '%"by":"watchdog"%'`)
	m.until(0, `select 1 from ipam.dead_letters`)
}

func TestDeadLettersAreTriedAgainInAGrowingTimeAndCounted(t *testing.T) {
	t.Parallel()
	m := newMender(t)
	state(t, m.unit, place(0), place(1))
	m.until(2, `select 1 from ipam.dead_letters where retry_at between now() + interval '10 seconds' and now() + interval '1 minute'`)
	pgtest.Exec(t, m.db, `update ipam.dead_letters set retry_at = now() where number = 1`)
	m.until(1, `select 1 from ipam.dead_letters where number = 1 and attempts = 2 and retry_at > now() + interval '90 seconds'`)
	pgtest.Exec(t, m.db, `update ipam.dead_letters set retry_at = now(), retries = 40 where number = 1`)
	m.until(1, `select 1 from ipam.dead_letters where attempts = 3 and retry_at between now() + interval '50 minutes' and now() + interval '1 hour'`)
	m.until(1, `select 1 from ipam.dead_letters where number = 2 and attempts = 1`)
	newRuns().until(t, "the count of dead letters", func() bool { return m.dead() == 2 })
}

// dead is what the metric says.
func (m *mender) dead() float64 {
	m.t.Helper()
	families, err := m.gauge.Gather()
	if err != nil {
		m.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "clocker_dead_letters" && f.Metric[0].Label[0].GetValue() == "ipam" {
			return f.Metric[0].Gauge.GetValue()
		}
	}
	return -1
}

func TestANudgeAboutAContainerTriesItsDeadLettersAtOnce(t *testing.T) {
	t.Parallel()
	m := newMender(t)
	state(t, m.unit, place(0), place(1), place(11))
	m.until(3, `select 1 from ipam.dead_letters`)
	pgtest.Exec(t, m.db, `update ipam.dead_letters set tried_at = now() - interval '1 minute'`)
	m.broken.Store(false)
	newRuns().until(t, "the nudge to arrive", func() bool {
		if err := m.conn.Publish(clocker.SubjectNudge+"ipam", clocker.Nudge{Container: place(1).Container, Stage: "placed"}); err != nil {
			t.Fatal(err)
		}
		return len(pgtest.Query(t, m.db, `select 1 from ipam.dead_letters where number = 2`)) == 0
	})
	m.until(1, `select 1 from ipam.seen where name = 'shop/web/1'`)
	if rows := pgtest.Query(t, m.db, `select 1 from ipam.dead_letters where number in (1, 3) and attempts = 1`); len(rows) != 2 {
		t.Error("letters of other containers were tried, too")
	}
}

func TestWhatAnotherProcessHandledIsNoDeadLetter(t *testing.T) {
	t.Parallel()
	db := pgtest.Open(t, "ipam", ledger)
	u := pg.NewUnit(db, bind)
	d := pgtest.Deliver(5, submitted("shop"))
	nothing := func(context.Context, store, events.Delivery) ([]events.Event, error) { return nil, nil }
	if err := u.Do(t.Context(), "ipam", []events.Delivery{d}, nothing); err != nil {
		t.Fatal(err)
	}
	for _, number := range []int64{5, 6, 6} {
		d.Number = number
		if err := u.Dead(t.Context(), "ipam", d, bus.LetterOf(errors.New("cannot read it"))); err != nil {
			t.Fatal(err)
		}
	}
	rows := pgtest.Query(t, db, `select number from ipam.dead_letters`)
	if len(rows) != 1 || rows[0]["number"].(int64) != 6 {
		t.Errorf("dead letters %v, want that of event 6 alone", rows)
	}
	if out := pgtest.Outbox(t, db); len(out) != 1 {
		t.Errorf("stated %v, want one alarm", out)
	}
}

func TestTwoWhoRetryALetterHandleItOnce(t *testing.T) {
	t.Parallel()
	m := newMender(t)
	state(t, m.unit, place(0))
	m.until(1, `select 1 from ipam.dead_letters`)
	m.stop()
	m.broken.Store(false)
	c := bus.Consume("ipam", m.unit, bus.On(m.placed))
	var retrying sync.WaitGroup
	var settled, missed atomic.Int64
	for range 8 {
		retrying.Go(func() {
			switch err := c.Retry(t.Context(), 1, "ada"); {
			case err == nil:
				settled.Add(1)
			case clocker.CodeOf(err) == clocker.NotFound && strings.Contains(err.Error(), "no dead letter"):
				missed.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	retrying.Wait()
	if settled.Load() != 1 || missed.Load() != 7 {
		t.Errorf("%d retries settled it and %d came late, want 1 and 7", settled.Load(), missed.Load())
	}
	if rows := pgtest.Query(t, m.db, `select 1 from ipam.seen`); len(rows) != 1 {
		t.Errorf("%d effects, want 1", len(rows))
	}
}

func TestALetterWhoseEventTheLogHasLostSaysSo(t *testing.T) {
	t.Parallel()
	m := newMender(t)
	state(t, m.unit, place(0))
	m.until(1, `select 1 from ipam.dead_letters`)
	m.until(1, `select 1 from events.events where topic = 'deadletter.added'`)
	pgtest.Exec(t, m.db, `delete from events.events where number = 1`)
	reply := m.order(clocker.LetterRetry, 1)
	if f := reply.Failed[1]; f.Code != clocker.Conflict || !strings.Contains(f.Message, "the log no longer has this event; drop the letter") {
		t.Errorf("%+v", reply)
	}
	if reply := m.order(clocker.LetterDrop, 1); len(reply.Settled) != 1 {
		t.Errorf("%+v", reply)
	}
}
