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
	"clocker.io/services/policy/internal/rows"
	"clocker.io/services/policy/internal/store"
	"clocker.io/services/policy/internal/want"

	"pgregory.net/rapid"
)

// twice is policy that decides everything two times: first over the whole of the application, which is undone, then as it
// does. Both must state the same and leave the same rows.
type twice struct {
	*bundle
	unit  *pg.Unit[withTx]
	fatal func(format string, args ...any)
	parts int // how often a part was enough
}

type withTx struct {
	*store.Store
	tx *pg.Tx
}

func decidedTwice(b *bundle, fatal func(string, ...any)) *twice {
	return &twice{bundle: b, fatal: fatal,
		unit: pg.NewUnit(b.db, func(tx *pg.Tx) withTx { return withTx{store.Bind(func(string) {})(tx), tx} })}
}

// rowsNow are all rows of an application without times, revisions and ids of events.
const rowsNow = `
	select string_agg(line, e'\n' order by line) from (
	  select 'a ' || ((to_jsonb(t) - 'updated_at'))::text from applications t
	  union all select 'e ' || (to_jsonb(t))::text from entities t
	  union all select 'c ' || (to_jsonb(t) - 'since' - 'started_at' - 'replaced')::text from containers t
	  union all select 'w ' || ((to_jsonb(t) - 'since' - 'removed_at'))::text from withdrawals t
	  union all select 's ' || ((to_jsonb(t) - 'revision' - 'body'))::text from assignments t
	  union all select 'i ' || (to_jsonb(t))::text from images t
	  union all select 'o ' || ((to_jsonb(t) - 'since'))::text from operations t) l(line)`

// wronglyEnded counts the members that are wanted and say otherwise than the rows of what is on the way back whether something
// of what they were is left.
const wronglyEnded = `
	select count(*)::int from containers c
	where wanted and ended <> exists (
	  select from withdrawals w where w.uid = c.uid and w.entity = c.entity and w.ordinal = c.ordinal and w.final)`

func (d *twice) decide(about string, ds []events.Delivery, whole bool, fn func(ctx context.Context, s *store.Store) ([]events.Event, error)) (out []events.Event, rows string) {
	undo := errors.New("undo")
	err := d.unit.Run(d.t.Context(), func(ctx context.Context, s withTx) ([]events.Event, error) {
		s.tx.Deliveries = ds
		if whole {
			if _, err := s.Existing(ctx, linetest.UID); err != nil {
				return nil, err
			}
		}
		var err error
		if out, err = fn(ctx, s.Store); err != nil {
			return nil, err
		}
		if err := s.tx.QueryRow(ctx, rowsNow).Scan(&rows); err != nil {
			return nil, err
		}
		wrong := 0
		if err := s.tx.QueryRow(ctx, wronglyEnded).Scan(&wrong); err != nil || wrong > 0 {
			return nil, fmt.Errorf("%d members do not say rightly whether they wait for the end of what they were (%w)", wrong, err)
		}
		if whole {
			return nil, undo
		}
		a, err := s.Around(ctx, linetest.UID)
		if err == nil && a != nil && !a.Whole() {
			d.parts++
		}
		return out, err
	})
	if err != nil && !errors.Is(err, undo) {
		d.fatal("%s: %v", about, err)
	}
	return bare(out), rows
}

func (d *twice) both(about string, ds []events.Delivery, fn func(ctx context.Context, s *store.Store) ([]events.Event, error)) []events.Event {
	want, wantRows := d.decide(about, ds, true, fn)
	got, gotRows := d.decide(about, ds, false, fn)
	if a, b := told(got), told(want); a != b {
		d.fatal("%s: a part leads to\n%s\nthe whole to\n%s", about, a, b)
	}
	if gotRows != wantRows {
		d.fatal("%s: a part leaves\n%s\nthe whole\n%s", about, gotRows, wantRows)
	}
	return got
}

// told are events in any order: one of containers that an event is not about need not be kept.
func told(list []events.Event) string {
	lines := make([]string, len(list))
	for i, e := range list {
		lines[i] = fmt.Sprintf("%s %+v", e.Topic(), e)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Deliver implements linetest.Policy.
func (d *twice) Deliver(number int64, e events.Event) []events.Event {
	return d.DeliverAll([]linetest.Message{{Number: number, Event: e}})
}

// DeliverAll implements linetest.Together.
func (d *twice) DeliverAll(list []linetest.Message) []events.Event {
	var about []string
	var ds []events.Delivery
	for _, m := range list {
		about, ds = append(about, m.Event.Topic()), append(ds, pgtest.Deliver(m.Number, m.Event))
	}
	return d.both(strings.Join(about, ", "), ds, func(ctx context.Context, s *store.Store) (out []events.Event, err error) {
		for _, delivery := range ds {
			more, err := dispatch(ctx, s, delivery)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
		return out, nil
	})
}

// Fact implements linetest.Policy.
func (d *twice) Fact(f clocker.Fact) []events.Event { return d.Facts([]clocker.Fact{f}) }

// Facts implements linetest.Together.
func (d *twice) Facts(list []clocker.Fact) []events.Event {
	return d.both(fmt.Sprintf("%+v", list), nil, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		b := clocker.FactBatch{Host: linetest.Host, Epoch: epoch, Noun: noun, Facts: list}
		return newHearing(s, b, nil).settle(ctx)
	})
}

// A large application goes through the line, which is full most of the time, waits behind a latch and for turns on the host,
// shrinks and grows again before those that left are gone, is restarted and goes: a part of it is enough to decide what
// the whole would, for each event and fact by itself.
func TestAPartDecidesWhatTheWholeWould(t *testing.T) {
	t.Parallel()
	d, w := grown(t)
	liveAndDie(t, d, w, w.Settle)
	if handled := w.Past(); d.parts < handled {
		t.Errorf("a part was enough for %d of more than %d events and facts", d.parts, handled)
	}
}

// So it is when many events, or many facts, are handled in one transaction.
func TestAPartDecidesWhatTheWholeWouldForManyAtOnce(t *testing.T) {
	t.Parallel()
	d, w := grown(t)
	liveAndDie(t, d, w, func() { w.SettleTogether(30) })
	if d.parts < 10 {
		t.Errorf("a part was enough for %d transactions", d.parts)
	}
}

// grown is an application that is larger than the line.
func grown(t *testing.T) (*twice, *linetest.World) {
	spec := linetest.Shop()
	spec.Entities[0].Size = want.Bound + 12
	d := decidedTwice(setup(t, spec), t.Fatalf)
	return d, linetest.New(t, spec, d)
}

func liveAndDie(t *testing.T, d *twice, w *linetest.World, settle func()) {
	t.Helper()
	settle()
	if state := d.value(`select state from policy.v_applications`); state != "running" {
		t.Fatalf("the application is %v", state)
	}
	w.See(d.Assignments()[0].Container, clocker.Fact{Kind: clocker.FactFailed, ExitCode: 1})
	w.Ask("less", "resize", "shop/web", `{"size":3}`)
	w.Ask("more", "resize", "shop/web", `{"size":20}`)
	w.Ask("one", "restart", "shop/web/1", "")
	settle()
	w.Ask("again", "restart", "shop/web", "")
	w.Ask("bye", "delete", "shop", "")
	settle()
	if left := d.value(`select count(*) from policy.v_containers`); left != int64(0) {
		t.Errorf("%v containers are left", left)
	}
}

// A member that was dropped and is wanted again goes first once nothing is left of what it was, although others before it still
// wait for that.
func TestAPartKnowsWhoReturnsAmongThoseThatCannotYet(t *testing.T) {
	t.Parallel()
	spec := linetest.Shop()
	spec.Entities[0].Size = 6
	d := decidedTwice(setup(t, spec), t.Fatalf)
	w := linetest.New(t, spec, d)
	w.Settle()
	w.Ask("less", "resize", "shop/web", `{"size":1}`)
	w.Deliver(0)
	w.Ask("more", "resize", "shop/web", fmt.Sprintf(`{"size":%d}`, 2*want.Bound))
	w.Deliver(0)
	last := clocker.Container{Application: "shop", UID: linetest.UID, Entity: "web", Ordinal: 5, Generation: 1}
	w.See(last, clocker.Fact{Kind: clocker.FactRemoved})
	w.Deliver(w.Pending() - 1) // nothing of it is reserved any more
	entered := clocker.Container{Application: "shop", UID: linetest.UID, Entity: "web", Ordinal: 6, Generation: 1}
	got := linetest.Topics(d.Deliver(100, events.ContainerWaiting{Container: entered, Stage: "place", Reason: "no host has room"}))
	if want := []string{"container.requested shop/web/5 g2"}; !slices.Equal(got, want) {
		t.Errorf("stated %q, want %q", got, want)
	}
}

// So it is in any order, with duplicates, failures, several in one transaction, and whatever users ask for.
func TestAPartDecidesWhatTheWholeWouldInAnyOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, linetest.Shop())
	rapid.Check(t, func(rt *rapid.T) {
		pgtest.Exec(t, b.db, `truncate policy.applications, policy.hosts, policy.facts cascade`)
		d := decidedTwice(b, rt.Fatalf)
		w := linetest.New(t, linetest.Shop(), d)
		for n := range rapid.IntRange(10, 60).Draw(rt, "steps") {
			ask := func(kind, target, params string) { w.Ask(fmt.Sprintf("%s%d", kind, n), kind, target, params) }
			switch kind := rapid.IntRange(0, 16).Draw(rt, "kind"); {
			case kind < 5 && w.Pending() > 0:
				w.Deliver(rapid.IntRange(0, w.Pending()-1).Draw(rt, "which"))
			case kind == 5 && w.Past() > 0:
				w.DeliverAgain(rapid.IntRange(0, w.Past()-1).Draw(rt, "duplicate"))
			case kind == 6:
				ask("resize", "shop/web", fmt.Sprintf(`{"size":%d}`, rapid.IntRange(0, 5).Draw(rt, "size")))
			case kind == 7:
				ask("restart", rapid.SampledFrom([]string{"shop", "shop/web", "shop/web/1"}).Draw(rt, "target"), "")
			case kind == 8:
				ask("cancel", fmt.Sprintf("resize%d", rapid.IntRange(0, n).Draw(rt, "cancelled")), "")
			case kind == 9 && len(d.Assignments()) > 0:
				a := rapid.SampledFrom(d.Assignments()).Draw(rt, "victim")
				w.See(a.Container, clocker.Fact{Kind: rapid.SampledFrom([]clocker.FactKind{clocker.FactFailed, clocker.FactUnhealthy,
					clocker.FactRestarted, clocker.FactFinished}).Draw(rt, "fact"), Attempt: 1, ExitCode: rapid.IntRange(0, 1).Draw(rt, "exit code")})
			case kind >= 13 && kind < 15 && w.Pending() > 0:
				w.DeliverAll(rapid.IntRange(0, w.Pending()-1).Draw(rt, "from"), rapid.IntRange(2, 6).Draw(rt, "together"))
			case kind == 15:
				w.StepAll(rapid.IntRange(0, 3).Draw(rt, "assignment"), rapid.IntRange(2, 6).Draw(rt, "together"))
			default:
				w.Step(rapid.IntRange(0, 5).Draw(rt, "assignment"))
			}
		}
		w.Settle()
	})
}

// The standing of a container in Postgres says what its row says in Go.
func TestStandingsAreWhatTheRulesGoBy(t *testing.T) {
	t.Parallel()
	b := setup(t, linetest.Shop())
	pgtest.Exec(t, b.db, `insert into policy.applications (uid, application, known) values ('u1', 'shop', true)`)
	pgtest.Exec(t, b.db, `
		insert into policy.containers (uid, entity, ordinal, generation, floor, wanted, phase, reason, cause, exit_code, ended, since)
		select 'u1', 'web', row_number() over () - 1, floor + 1, floor, wanted, phase, reason, cause, exit_code, ended, now()
		from unnest('{queued,requested,addressed,cleared,started,healthy,unhealthy,failed,finished,gone}'::text[]) phase,
		  unnest('{0,1}'::int[]) floor, unnest('{true,false}'::bool[]) wanted, unnest('{"",x}'::text[]) reason,
		  unnest('{"",agent,spent,image,refused}'::text[]) cause, unnest('{0,1}'::int[]) exit_code,
		  unnest('{true,false}'::bool[]) ended
		where not (wanted and phase = 'gone')`)
	standing := map[int]string{}
	for _, r := range pgtest.Query(t, b.db, `select ordinal, standing from policy.containers`) {
		standing[int(r["ordinal"].(int32))] = r["standing"].(string)
	}
	err := b.unit.Run(t.Context(), func(ctx context.Context, s *store.Store) ([]events.Event, error) {
		a, err := s.Existing(ctx, linetest.UID)
		if err != nil {
			return nil, err
		}
		for _, c := range a.Members("web") {
			is := func(names ...string) bool { return slices.Contains(names, standing[c.Ordinal]) }
			if c.Wanted == is("gone", "ending") || c.InLine() != is("requested", "cleared") ||
				c.Wanted && (c.Up() != is("healthy", "finished") || c.GivenUp() != is("given-up")) ||
				c.Next() != is("queued", "returning") || c.Wanted && (c.Phase == rows.Queued) != is("queued", "returning", "ended") {
				t.Errorf("standing %s of %+v", standing[c.Ordinal], c)
			}
		}
		return nil, nil
	})
	if err != nil || len(standing) != 19*2*2*5*2*2 {
		t.Errorf("%d standings, %v", len(standing), err)
	}
}
