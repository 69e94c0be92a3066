package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/policy/internal/linetest"
	"clocker.io/services/policy/internal/store"
	"clocker.io/services/policy/internal/want"
)

// states are those that members of an application may be in at once, with what else is set in each, and with how many
// there may be at most: the line is full, and no fuller.
var states = []struct {
	name, phase, set string
	most             int // 0 for no limit
}{
	{name: "healthy", phase: "healthy"},
	{name: "requested", phase: "requested", most: want.Bound * 2 / 5},
	{name: "cleared", phase: "cleared", most: want.Bound * 3 / 5},
	{name: "started", phase: "started"},
	{name: "held", phase: "addressed", set: "reason = 'waits for store.service.isUp'"},
	{name: "queued", phase: "queued", set: "address = '', ports = '[]'"},
	{name: "parked", phase: "requested", set: "reason = 'no host has room'"},
	{name: "gone", phase: "gone", set: "wanted = false, floor = 1"}, // and on the way back
	{name: "ended", phase: "queued", set: "ended = true, floor = 1, generation = 2, address = '', ports = '[]'"},
}

// crowd is an application with as many members in each state.
type crowd struct {
	*bundle
	first map[string]int // ordinal in each state
}

// crowded makes one whose members wait for an entity in some phase.
func crowded(t *testing.T, size int, phase string) *crowd {
	t.Helper()
	spec := linetest.Shop()
	c := &crowd{bundle: setup(t, spec), first: map[string]int{}}
	exec := func(sql string, args ...any) { t.Helper(); pgtest.Exec(t, c.db, sql, args...) }
	// The worst that may happen to a plan: it was made when nothing was there.
	_, _ = c.reading(events.ContainerReleased{Container: clocker.Container{UID: linetest.UID}}, clocker.Fact{})
	exec(`insert into policy.applications (uid, application, known) values ('u1', 'shop', true)`)
	exec(`insert into policy.operations (operation, uid, kind, target, number, begun) values
		('deploy', 'u1', 'deploy', 'shop', 1, true), ('grow', 'u1', 'resize', 'shop/web', 2, true),
		('again', 'u1', 'restart', 'shop/web/0', 3, true)`)
	for _, e := range spec.Entities {
		exec(`insert into policy.images (uid, key, ready, number, image) values ('u1', $1, true, 1, 'sha256:1')`, e.Image.Key())
	}
	add := `insert into policy.containers (uid, entity, ordinal, generation, wanted, phase, host, address, ports, since)
		select 'u1', $1::text, n, 1, true, $2::text, 'localhost', '10.200.0.1', '[{"port": 8080, "hostPort": 49000}]', now()
		from generate_series($3::int, $3 + $4 - 1) n`
	n := 0
	for _, s := range states {
		c.first[s.name] = n
		members := size
		if s.most > 0 {
			members = min(s.most, size)
		}
		exec(add, "web", s.phase, n, members)
		if s.set != "" {
			exec(`update policy.containers set `+s.set+` where ordinal >= $1`, n)
		}
		n += members
	}
	exec(add, "store", phase, 0, 1)
	exec(`insert into policy.entities (uid, entity, position, size) values ('u1', 'web', 0, $1), ('u1', 'store', 1, 1)`, n)
	exec(`insert into policy.withdrawals (uid, entity, ordinal, generation, host, final, assigned, since)
		select uid, entity, ordinal, floor, host, true, true, now() from policy.containers where floor > 0`)
	exec(`insert into policy.assignments (uid, entity, ordinal, generation, host, revision, desired, body)
		select uid, entity, ordinal, 1, host, row_number() over (order by entity, ordinal),
		  case when floor > 0 then 'removed' else 'running' end, '{}'
		from policy.containers where phase in ('healthy', 'cleared', 'started') or floor > 0`)
	exec(`insert into policy.hosts (host, revision) select 'localhost', count(*) from policy.assignments`)
	exec(`insert into policy.trail (uid, entity, ordinal, generation, event)
		select uid, entity, ordinal, generation, gen_random_uuid() from policy.containers`)
	return c
}

// takeTurns has those that are held back wait for their turn on the host instead, which has as many to start as it may.
func (c *crowd) takeTurns() *crowd {
	pgtest.Exec(c.t, c.db, `update policy.containers set reason = 'waits for its turn on host localhost' where phase = 'addressed'`)
	pgtest.Exec(c.t, c.db, `update policy.containers set phase = 'cleared' where standing = 'requested'`)
	return c
}

// member is one of the members in a state; not the first, for something stands in front of most.
func (c *crowd) member(state string) clocker.Container {
	return clocker.Container{Application: "shop", UID: linetest.UID, Entity: "web", Ordinal: c.first[state] + 7, Generation: 1}
}

// reading counts the rows that are read, by table, while one event or fact is handled in a transaction that is undone.
func (c *crowd) reading(e events.Event, f clocker.Fact) (read map[string]int64, stated []string) {
	c.t.Helper()
	read = map[string]int64{}
	undo := errors.New("undo")
	unit := pg.NewUnit(c.db, func(tx *pg.Tx) withTx { return withTx{store.Bind(func(string) {})(tx), tx} })
	err := unit.Run(c.t.Context(), func(ctx context.Context, s withTx) ([]events.Event, error) {
		if err := count(ctx, s.tx, read, -1); err != nil {
			return nil, err
		}
		out, err := c.take(ctx, s.Store, e, f)
		if err != nil {
			return nil, err
		}
		stated = linetest.Topics(bare(out))
		if err := count(ctx, s.tx, read, 1); err != nil {
			return nil, err
		}
		return nil, undo
	})
	if !errors.Is(err, undo) {
		c.t.Fatal(err)
	}
	return read, stated
}

func (c *crowd) take(ctx context.Context, s *store.Store, e events.Event, f clocker.Fact) ([]events.Event, error) {
	if e != nil {
		return dispatch(ctx, s, pgtest.Deliver(9, e))
	}
	f.Counter = 1
	b := clocker.FactBatch{Host: linetest.Host, Epoch: epoch, Noun: noun, Facts: []clocker.Fact{f}}
	return newHearing(s, b, nil).settle(ctx)
}

// count adds, or takes off, what this session has read of policy's tables and those of its neighbours.
func count(ctx context.Context, tx *pg.Tx, read map[string]int64, sign int64) error {
	r, err := tx.Query(ctx, `select relname::text, seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables`)
	if err != nil {
		return err
	}
	defer r.Close()
	for r.Next() {
		var table string
		var n int64
		if err := r.Scan(&table, &n); err != nil {
			return err
		}
		read[table] += sign * n
	}
	return r.Err()
}

// What is read for an event or a fact about one container is the same however many members its application has.
func TestWhatIsReadForAFactDoesNotGrowWithItsApplication(t *testing.T) {
	t.Parallel()
	const small, large = 150, 900
	fact := func(kind clocker.FactKind, state string) func(*crowd) (events.Event, clocker.Fact) {
		return func(c *crowd) (events.Event, clocker.Fact) {
			m := c.member(state)
			return nil, clocker.Fact{Kind: kind, Container: &m, EngineID: "abc"}
		}
	}
	addressed := func(c *crowd) (events.Event, clocker.Fact) {
		return events.ContainerAddressed{Container: c.member("requested"), Host: linetest.Host, Address: "10.200.0.1"}, clocker.Fact{}
	}
	waiting := func(c *crowd) (events.Event, clocker.Fact) {
		return events.ContainerWaiting{Container: c.member("requested"), Stage: "place", Reason: "no host has room"}, clocker.Fact{}
	}
	released := func(c *crowd) (events.Event, clocker.Fact) {
		return events.ContainerReleased{Container: c.member("gone"), Host: linetest.Host}, clocker.Fact{}
	}
	for _, tc := range []struct {
		name  string
		make  func(size int) *crowd
		takes map[string]func(*crowd) (events.Event, clocker.Fact)
	}{
		{"behind a latch", func(size int) *crowd { return crowded(t, size, "started") },
			map[string]func(*crowd) (events.Event, clocker.Fact){
				"container.waiting": addressed, "container.requested": waiting, "container.gone": released,
				"container.started": fact(clocker.FactStarted, "cleared"), "container.healthy": fact(clocker.FactHealthy, "started"),
				"container.failed": fact(clocker.FactFailed, "healthy"), "container.removed": fact(clocker.FactRemoved, "gone")}},
		{"in turns", func(size int) *crowd { return crowded(t, size, "healthy").takeTurns() },
			map[string]func(*crowd) (events.Event, clocker.Fact){
				"container.cleared": fact(clocker.FactStarted, "cleared")}},
	} {
		few, many := tc.make(small), tc.make(large)
		for topic, take := range tc.takes {
			compare(t, topic, take, few, many)
		}
		pgtest.Exec(t, few.db, `analyze`)
		pgtest.Exec(t, many.db, `analyze`)
		for topic, take := range tc.takes {
			compare(t, topic, take, few, many)
		}
	}
}

// compare wants a fact to be stated, and no more to be read for it in the larger one of two crowds. Both differ by a few rows:
// what was undone before is read, too, until it is vacuumed away. What grows with the application would be read six times.
func compare(t *testing.T, topic string, take func(*crowd) (events.Event, clocker.Fact), few, many *crowd) {
	t.Helper()
	want, _ := few.reading(take(few))
	got, stated := many.reading(take(many))
	if !slices.ContainsFunc(stated, func(s string) bool { return strings.HasPrefix(s, topic+" ") }) {
		t.Errorf("no %s is stated: %v", topic, stated)
	}
	if want["containers"] == 0 {
		t.Errorf("nothing is counted for %s", topic)
	}
	for table, n := range got {
		if n > 2*want[table] {
			t.Errorf("for %s %d rows of %s are read in a large application, %d in a small one", topic, n, table, want[table])
		}
	}
}

// What the deliveries of one transaction concern is read at once, not for each of them, and is enough for all: each of
// these gives a place in a full line to another container.
func TestDeliveriesOfOneTransactionReadOnce(t *testing.T) {
	t.Parallel()
	const together = 30
	c := crowded(t, 150, "started")
	parked := func(from, n int) (ds []events.Delivery) {
		for i := range n {
			m := c.member("requested")
			m.Ordinal += from + i
			ds = append(ds, pgtest.Deliver(int64(from+i+1), events.ContainerWaiting{Container: m, Stage: "place", Reason: "no host has room"}))
		}
		return ds
	}
	one, _ := c.readingAll(parked(0, 1))
	many, stated := c.readingAll(parked(1, together))
	if one["containers"] == 0 || many["containers"] > 5*one["containers"] {
		t.Errorf("%d rows of containers are read for %d deliveries in one transaction, %d for one alone", many["containers"],
			together, one["containers"])
	}
	var want []string
	for n := range together {
		want = append(want, fmt.Sprintf("container.requested shop/web/%d g1", c.first["queued"]+1+n))
	}
	if !slices.Equal(stated, want) {
		t.Errorf("stated %q, want %q", stated, want)
	}
}

// readingAll counts the rows that are read while a consumer handles deliveries in one transaction.
func (c *crowd) readingAll(ds []events.Delivery) (read map[string]int64, stated []string) {
	c.t.Helper()
	read = map[string]int64{}
	unit := pg.NewUnit(c.db, func(tx *pg.Tx) withTx { return withTx{store.Bind(func(string) {})(tx), tx} })
	handled := 0
	err := unit.Do(c.t.Context(), Name, ds, func(ctx context.Context, s withTx, d events.Delivery) ([]events.Event, error) {
		if err := count(ctx, s.tx, read, -1); err != nil {
			return nil, err
		}
		out, err := dispatch(ctx, s.Store, d)
		if err != nil {
			return nil, err
		}
		handled++
		stated = append(stated, linetest.Topics(bare(out))...)
		return out, count(ctx, s.tx, read, 1)
	})
	if err != nil || handled != len(ds) {
		c.t.Fatalf("%d of %d deliveries were handled: %v", handled, len(ds), err)
	}
	return read, stated
}
