package pg_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

// world is a service with two consumers over a stream that is about to be damaged.
type world struct {
	t    *testing.T
	db   *pg.DB // of the service; looks at the stream often
	test *pg.DB // for looking from outside
	conn *bus.Conn
	unit *pg.Unit[store]
	said int // facts of topic application.submitted
}

func newWorld(t *testing.T, disk *bustest.Disk) *world {
	t.Helper()
	test := pgtest.Open(t, "ipam", ledger)
	db, err := pg.Open(pg.Config{URL: pgtest.OwnerURL(t, test), Role: "ipam", Scrub: 300 * time.Millisecond, Patience: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	w := &world{t: t, db: db, test: test, conn: disk.Control(t)}
	w.unit = pg.NewUnit(w.db, bind)
	sequence(t, w.conn, w.db)
	return w
}

// state has n facts stated, a few kilobytes in each.
func (w *world) state(n int) {
	w.t.Helper()
	for range n {
		w.said++
		name := fmt.Sprintf("a%d", w.said)
		state(w.t, w.unit, events.ApplicationSubmitted{Application: name, UID: strings.Repeat("u", 2000)})
	}
}

// consume runs a consumer as a service does; it writes down each number that it handles.
func (w *world) consume(name string) {
	ctx, cancel := context.WithCancel(context.Background())
	c := bus.Consume(name, w.unit, bus.On(func(ctx context.Context, s store, e bus.Received[events.ApplicationSubmitted]) ([]events.Event, error) {
		_, err := s.Exec(ctx, `insert into ipam.seen (number, name) values ($1, $2)`, e.Number, name)
		return nil, err
	}))
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx, w.conn) })
	running.Go(func() { _ = w.db.Floors(ctx, c.Name, c.Topics, c.Fill) })
	w.t.Cleanup(func() { cancel(); running.Wait() })
}

// await waits until a query answers true.
func (w *world) await(what, sql string, args ...any) {
	w.t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		rows := pgtest.Query(w.t, w.test, `select (`+sql+`) as ok`, args...)
		if rows[0]["ok"] == true {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("after two minutes not yet: %s; events %v, seen %v", what,
				pgtest.Query(w.t, w.test, `select topic, count(*), max(number) from events.events group by topic`),
				pgtest.Query(w.t, w.test, `select name, count(*), count(distinct number), max(number) from ipam.seen group by name`))
		}
	}
}

// handled waits until a consumer has handled everything that was stated.
func (w *world) handled(consumer string) {
	w.t.Helper()
	w.await(consumer+" has handled all", `select count(distinct number) = $2 from ipam.seen where name = $1`, consumer, w.said)
}

// blocks are the files that hold the stream's records.
func blocks(t *testing.T, disk *bustest.Disk) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(disk.Dir, "nats/jetstream/*/streams/"+events.Stream+"/msgs/*.blk"))
	if err != nil || len(found) == 0 {
		t.Fatalf("the stream has no blocks: %v", err)
	}
	return found
}

// flip turns one bit in the middle of the last block.
func flip(t *testing.T, disk *bustest.Disk) {
	t.Helper()
	found := blocks(t, disk)
	f, err := os.OpenFile(found[len(found)-1], os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	one := make([]byte, 1)
	if _, err := f.ReadAt(one, info.Size()/2); err != nil {
		t.Fatal(err)
	}
	one[0] ^= 1
	if _, err := f.WriteAt(one, info.Size()/2); err != nil {
		t.Fatal(err)
	}
}

func cut(t *testing.T, disk *bustest.Disk) {
	t.Helper()
	found := blocks(t, disk)
	info, err := os.Stat(found[len(found)-1])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(found[len(found)-1], info.Size()/2); err != nil {
		t.Fatal(err)
	}
}

func wipe(t *testing.T, disk *bustest.Disk) {
	t.Helper()
	var err error
	for range 100 { // a server that runs may be about to write
		if err = os.RemoveAll(filepath.Join(disk.Dir, "nats/jetstream")); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// forget takes away the server's index of a stream, as a crash before its next writing would: it reads the blocks.
func forget(t *testing.T, disk *bustest.Disk) {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(disk.Dir, "nats/jetstream/*/streams/"+events.Stream+"/msgs/index.db"))
	if len(found) != 1 {
		t.Fatalf("indexes of the stream: %v, want one", found)
	}
	if err := os.Remove(found[0]); err != nil {
		t.Fatal(err)
	}
}

func TestADamagedStreamIsSeenAgainstPostgresAndFilledAgainWithNothingLostOrDoubled(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		running bool // damaged under a running server, else while it is stopped
		damage  func(*testing.T, *bustest.Disk)
	}{
		{"its directory wiped while the server was stopped", false, wipe},
		{"its directory wiped under the running server", true, wipe},
		{"one bit flipped in a block while the server was stopped", false, flip},
		{"one bit flipped in a block and the server crashed", false, func(t *testing.T, d *bustest.Disk) { flip(t, d); forget(t, d) }},
		{"one bit flipped in a block under the running server", true, flip},
		{"a block cut in half while the server was stopped", false, cut},
		{"a block cut in half and the server crashed", false, func(t *testing.T, d *bustest.Disk) { cut(t, d); forget(t, d) }},
		{"a block cut in half under the running server", true, cut},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			disk := bustest.OnDisk(t, t.TempDir())
			w := newWorld(t, disk)
			w.consume("early")
			w.state(100)
			w.handled("early")
			// A consumer that has not begun needs every record; without one, a damaged beginning would need no mending.
			pgtest.Exec(t, w.test, `insert into ipam.floors (consumer, floor) values ('late', 0)`)
			if !tc.running {
				disk.Stop()
			}
			tc.damage(t, disk)
			if !tc.running {
				disk.Start()
			}
			w.state(10)
			w.await("an event says that the stream was filled again",
				`select exists (select from events.events where topic = 'stream.refilled')`)
			w.consume("late")
			w.state(10)
			w.handled("early")
			w.handled("late")
			w.caughtUp()
			w.wholeAgain()
		})
	}
}

// caughtUp waits until the stream ends where the log does.
func (w *world) caughtUp() {
	w.t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		state, err := w.conn.Stream().Open(w.t.Context())
		head := pgtest.Query(w.t, w.test, `select number from events.head`)[0]["number"].(int64)
		if err == nil && state.Last == head {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("after two minutes the stream is %+v, %v; the log ends at %d", state, err, head)
		}
	}
}

// wholeAgain checks that every consumer did everything once and that the stream equals the log.
func (w *world) wholeAgain() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute) // for each answer: the machine may be slow
	defer cancel()
	for _, r := range pgtest.Query(w.t, w.test, `select name, number, count(*) as times from ipam.seen group by name, number having count(*) > 1`) {
		w.t.Errorf("%s handled %d %d times", r["name"], r["number"], r["times"])
	}
	for _, r := range pgtest.Query(w.t, w.test, `select number, convert_from(data, 'UTF8') as data from events.events where topic = 'stream.refilled'`) {
		w.t.Logf("event %d: %s", r["number"], r["data"])
	}
	state, err := w.conn.Stream().Open(ctx)
	if err != nil || !state.Whole {
		w.t.Fatalf("the stream is %+v, %v; want it whole", state, err)
	}
	records, err := w.conn.Stream().Read(ctx, state.First, 1000)
	if err != nil || int64(len(records)) != state.Last-state.First+1 {
		w.t.Fatalf("read %d of the records %d to %d: %v", len(records), state.First, state.Last, err)
	}
	log := map[int64]string{}
	for _, r := range pgtest.Query(w.t, w.test, `select number, id::text || topic || subject || convert_from(data, 'UTF8') as text from events.events`) {
		log[r["number"].(int64)] = r["text"].(string)
	}
	for _, r := range records {
		if log[r.Number] != r.ID+r.Topic+r.Subject+string(r.Data) {
			w.t.Errorf("record %d of the stream is not that of the log", r.Number)
		}
	}
}
