package pg_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

// between is a stream whose user does something between deciding to publish or to make it anew, and doing so.
type between struct {
	pg.Stream
	publish  func(ctx context.Context, records []events.Record) error
	recreate func(ctx context.Context, generation, first int64) error
}

func (b between) Publish(ctx context.Context, records []events.Record) error {
	if b.publish == nil {
		return b.Stream.Publish(ctx, records)
	}
	return b.publish(ctx, records)
}

func (b between) Recreate(ctx context.Context, generation, first int64) error {
	if b.recreate == nil {
		return b.Stream.Recreate(ctx, generation, first)
	}
	return b.recreate(ctx, generation, first)
}

// heldFrom is the first event that a late publisher waits with.
const heldFrom = 11

// late is the stream of a sequencer that hears nothing of the end of its tenure once it has decided: it says what it is about
// to do, waits until it is told to go on, does it, and says how that ended.
func late(what string, stream pg.Stream, hear func()) pg.Stream {
	b := between{Stream: stream}
	told := func(do func(ctx context.Context) error) error {
		hear()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		err := do(ctx)
		switch {
		case err == nil:
			fmt.Println("done")
		case strings.Contains(err.Error(), "10071"):
			fmt.Println("refused")
		default:
			fmt.Println("failed:", err)
		}
		return err
	}
	switch what {
	case "late publisher":
		b.publish = func(ctx context.Context, records []events.Record) error {
			if records[0].Number != heldFrom {
				return stream.Publish(ctx, records)
			}
			fmt.Println("publishes", records[0].Number, "to", records[len(records)-1].Number)
			return told(func(ctx context.Context) error { return stream.Publish(ctx, records) })
		}
	case "late maker":
		b.recreate = func(_ context.Context, generation, first int64) error {
			fmt.Println("makes generation", generation)
			return told(func(ctx context.Context) error { return stream.Recreate(ctx, generation, first) })
		}
	}
	return b
}

// overlap is an installation whose first sequencer is a process of its own.
type overlap struct {
	t    *testing.T
	db   *pg.DB
	conn *bus.Conn
	unit *pg.Unit[store]
	*process
}

func overlapping(t *testing.T, what string) *overlap {
	t.Helper()
	db := pgtest.Open(t, "ipam", ledger)
	server := bustest.Listening(t)
	o := &overlap{t: t, db: db, conn: bustest.Control(t, server), unit: pg.NewUnit(db, bind)}
	o.process = hold(t, what, holderURL+"="+pgtest.OwnerURL(t, db), holderNATS+"="+server.ClientURL(),
		holderUser+"="+server.Credentials(t, "test-everything"))
	o.says("runs")
	return o
}

// next runs the sequencer that takes over.
func (o *overlap) next(stream pg.Stream) {
	o.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = o.db.Sequence(ctx, stream) })
	o.t.Cleanup(func() { cancel(); running.Wait() })
}

// reaches waits until the stream ends with an event.
func (o *overlap) reaches(number int64) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 2*time.Minute)
	defer cancel()
	for {
		state, err := o.conn.Stream().Open(ctx)
		if err == nil && state.Last >= number {
			return
		}
		if ctx.Err() != nil {
			o.t.Fatalf("the stream is %+v, %v; want it to reach %d", state, err, number)
		}
	}
}

// goOn has the first sequencer do what it had decided to do.
func (o *overlap) goOn() {
	o.t.Helper()
	o.signal(syscall.SIGCONT)
	if _, err := o.in.Write([]byte("go on\n")); err != nil {
		o.t.Fatal(err)
	}
}

// agree holds the stream against the log, record by record from its first, and both against what a consumer gets.
func (o *overlap) agree(submissions int) {
	o.t.Helper()
	last := int64(0)
	for _, n := range consume(o.t, o.conn, o.unit, submissions) {
		if n <= last {
			o.t.Errorf("event %d is delivered after %d", n, last)
		}
		last = n
	}
	log := pgtest.Query(o.t, o.db, `select number, id::text, subject, data from events.events order by number`)
	o.reaches(int64(len(log)))
	ctx, cancel := context.WithTimeout(o.t.Context(), 2*time.Minute)
	defer cancel()
	state, err := o.conn.Stream().Open(ctx)
	if err != nil || !state.Whole || state.First != 1 || state.Last != int64(len(log)) {
		o.t.Fatalf("the stream is %+v, %v; the log ends at %d", state, err, len(log))
	}
	records, err := o.conn.Stream().Read(ctx, 1, len(log))
	if err != nil || len(records) != len(log) {
		o.t.Fatalf("the stream holds %d records, %v; the log has %d", len(records), err, len(log))
	}
	for i, r := range records {
		row := log[i]
		if r.Number != row["number"] || r.ID != row["id"] || r.Subject != row["subject"] || string(r.Data) != string(row["data"].([]byte)) {
			o.t.Errorf("record %d is %d %s on %s, the log says %v %v on %v", i+1, r.Number, r.ID, r.Subject, row["number"], row["id"], row["subject"])
		}
	}
	verify(o.t, o.db, len(log))
}

// A sequencer is stopped when it has read what to publish, and goes on when another has its role. What it then publishes the
// log says as well: it is refused, or makes no difference to what the next one does.
func TestWhatALatePublisherStoresIsWhatTheLogSays(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		before int    // of the records that the late one has read, how many the next one has published
		want   string // becomes of what the late one publishes
	}{
		{"when the next one has published nothing yet", 0, "done"},
		{"when the next one has published a half", 5, "done"},
		{"when the next one has published all but the last", 9, "done"},
		{"when the next one has published as much", 10, "refused"},
		{"when the next one is ahead", 20, "refused"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := overlapping(t, "late publisher")
			ten := func(name string) (facts []events.Event) {
				for i := range heldFrom - 1 {
					facts = append(facts, submitted(fmt.Sprintf("%s-%d", name, i)))
				}
				return facts
			}
			state(t, o.unit, ten("a")...)
			o.reaches(heldFrom - 1)
			state(t, o.unit, ten("b")...)
			o.says("publishes 11 to 20")
			o.signal(syscall.SIGSTOP)
			state(t, o.unit, ten("c")...)

			stream := o.conn.Stream()
			half, rest := make(chan struct{}), make(chan struct{})
			var once sync.Once
			o.next(between{Stream: stream, publish: func(ctx context.Context, records []events.Record) error {
				waits := int64(heldFrom + tc.before) // the first that does
				n, _ := slices.BinarySearchFunc(records, waits, func(r events.Record, number int64) int { return cmp.Compare(r.Number, number) })
				if n > 0 {
					if err := stream.Publish(ctx, records[:n]); err != nil {
						return err
					}
				}
				if n < len(records) || records[n-1].Number == waits-1 {
					once.Do(func() { close(half); <-rest })
				}
				if records = records[n:]; len(records) == 0 {
					return nil
				}
				return stream.Publish(ctx, records)
			}})
			release := sync.OnceFunc(func() { close(rest) })
			t.Cleanup(release)
			select {
			case <-half:
			case <-time.After(2 * time.Minute):
				t.Fatal("the next one publishes nothing")
			}
			o.goOn()
			o.says(tc.want)
			release()
			o.agree(30)
		})
	}
}

// A sequencer is stopped when it has decided to make the stream anew, and takes away what the next one has made and filled:
// that is seen, and filled again.
func TestAStreamThatALateSequencerTakesAwayIsFilledAgain(t *testing.T) {
	t.Parallel()
	o := overlapping(t, "late maker")
	o.says("makes generation 1")
	o.signal(syscall.SIGSTOP)
	state(t, o.unit, submitted("a"), submitted("b"), submitted("c"))
	o.next(o.conn.Stream())
	o.reaches(3)
	o.goOn()
	o.says("done")
	if s, err := o.conn.Stream().Open(t.Context()); err == nil && s.Last >= 3 && s.Generation == 1 {
		t.Fatalf("nothing was taken away, and this test shows nothing: %+v", s)
	}
	state(t, o.unit, submitted("d"))
	o.agree(4)
	if rows := pgtest.Query(t, o.db, `select 1 from events.events where topic = 'stream.refilled'`); len(rows) != 1 {
		t.Errorf("%d events say that the stream was filled again", len(rows))
	}
}
