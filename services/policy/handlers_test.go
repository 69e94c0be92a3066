package policy

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/policy/internal/linetest"

	"pgregory.net/rapid"
)

func TestHandlersAreThoseOfTheFlow(t *testing.T) {
	t.Parallel()
	var want []string
	for _, s := range events.Flow() {
		if s.Service == Name {
			want = append(want, s.On...)
		}
	}
	got := bus.Consume(Name, nil, handlers...).Topics
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, slices.Compact(want)) {
		t.Errorf("handles %v, the flow says %v", got, want)
	}
}

// The store loses nothing between transactions: policy on Postgres tells the same story as policy in memory, with
// growth, a failure, a restart and the end.
func TestStoryOnPostgresIsThatInMemory(t *testing.T) {
	t.Parallel()
	play := func(p linetest.Policy) []string {
		w := linetest.New(t, linetest.Shop(), p)
		w.Settle()
		w.Ask("grow", "resize", "shop/web", `{"size":4}`)
		w.Ask("nothing", "resize", "shop/cache", `{"size":4}`)
		w.Settle()
		w.See(p.Assignments()[1].Container, clocker.Fact{Kind: clocker.FactRestarted, Attempt: 1, ExitCode: 2})
		w.See(p.Assignments()[1].Container, clocker.Fact{Kind: clocker.FactFailed, Attempt: 1, ExitCode: 2})
		w.Settle()
		w.Ask("again", "restart", "shop/store", "")
		w.Ask("shrink", "resize", "shop/web", `{"size":0}`)
		w.Settle()
		w.Ask("bye", "delete", "shop", "")
		w.Settle()
		if err := linetest.Story(w.Log); err != nil {
			t.Error(err)
		}
		return linetest.Topics(w.Log)
	}
	b := setup(t, linetest.Shop())
	got, want := play(b), play(linetest.NewMemory(linetest.Shop()))
	if !slices.Equal(got, want) {
		t.Errorf("story on Postgres:\n%s\nin memory:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, table := range []string{"assignments", "withdrawals"} {
		if n := b.value(`select count(*) from policy.` + table); n != int64(0) {
			t.Errorf("%v rows are left in %s", n, table)
		}
	}
	if n := b.value(`select count(*) from policy.v_containers`); n != int64(0) {
		t.Errorf("%v containers are left", n)
	}
}

// The same inputs in any order, with duplicates, end in the same rows.
func TestAnyOrderEndsInTheSameRows(t *testing.T) {
	t.Parallel()
	b := setup(t, linetest.Shop())
	linetest.New(t, linetest.Shop(), b).Settle()
	want := b.describe()
	rapid.Check(t, func(rt *rapid.T) {
		pgtest.Exec(t, b.db, `truncate policy.applications, policy.hosts, policy.facts cascade`)
		w := linetest.New(t, linetest.Shop(), b)
		for range rapid.IntRange(0, 25).Draw(rt, "steps") {
			switch kind := rapid.IntRange(0, 4).Draw(rt, "kind"); {
			case kind < 3 && w.Pending() > 0:
				w.Deliver(rapid.IntRange(0, w.Pending()-1).Draw(rt, "which"))
			case kind == 3 && w.Past() > 0:
				w.DeliverAgain(rapid.IntRange(0, w.Past()-1).Draw(rt, "duplicate"))
			default:
				w.Step(rapid.IntRange(0, 5).Draw(rt, "assignment"))
			}
		}
		w.Settle()
		if got := b.describe(); got != want {
			rt.Fatalf("rows:\n%s\nwant:\n%s", got, want)
		}
	})
}

// describe writes all rows without times, revisions and numbers.
func (b *bundle) describe() string {
	b.t.Helper()
	var out strings.Builder
	for _, sql := range []string{
		`select application, known, withdrawn, gone, healthy, was_healthy, reason from policy.applications`,
		`select entity, position, size from policy.entities order by 1`,
		`select entity, ordinal, generation, floor, wanted, phase, why, host, address, mac, dns, ports::text, reason, cause, attempt,
		   engine_id from policy.containers order by 1, 2`,
		`select entity, ordinal, generation from policy.withdrawals order by 1, 2, 3`,
		`select key, ready, image from policy.images order by 1`,
		`select operation, outcome, reason from policy.operations order by 1`,
		`select entity, ordinal, generation, host, desired, body::text from policy.assignments order by 1, 2, 3`,
		`select uid, state, healthy, wanted, up from policy.v_applications`,
	} {
		for _, row := range pgtest.Query(b.t, b.db, sql) {
			fmt.Fprintln(&out, row)
		}
	}
	return out.String()
}

// Fifty containers of one application are cleared in one transaction, each delivery after the one before.
func TestManyAddressedInOneTransaction(t *testing.T) {
	t.Parallel()
	spec := linetest.Shop()
	spec.Entities = []clocker.Entity{spec.Entities[1]}
	spec.Entities[0].Size = 50
	b := setup(t, spec)
	b.Deliver(1, events.ImageReady{UID: linetest.UID, Application: "shop", Key: spec.Entities[0].Image.Key(), Image: "sha256:1"})
	var ds []events.Delivery
	for i, e := range b.Deliver(2, events.ApplicationSubmitted{UID: linetest.UID, Application: "shop"}) {
		c := e.(events.ContainerRequested).Container
		ds = append(ds, pgtest.Deliver(int64(3+i), events.ContainerAddressed{Container: c, Host: linetest.Host,
			Address: fmt.Sprintf("10.200.0.%d", 16+i)}))
	}
	out, err := b.handle(t.Context(), ds...)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 50 {
		t.Errorf("%d facts, want 50 containers cleared", len(out))
	}
	w, err := b.ask(epoch)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range w.Assignments {
		if a.Revision != int64(i+1) {
			t.Fatalf("assignment %d has revision %d", i, a.Revision)
		}
	}
	if len(w.Assignments) != 50 {
		t.Errorf("%d assignments", len(w.Assignments))
	}
}

// Who parks and who wakes meet at the application's row: however an image and an address come together, the container
// is cleared.
func TestNoWakeUpIsLost(t *testing.T) {
	t.Parallel()
	spec := linetest.Shop()
	spec.Entities = []clocker.Entity{spec.Entities[1]}
	b := setup(t, spec)
	for n := range 20 {
		uid := fmt.Sprintf("race%d", n)
		b.submit(uid, spec)
		b.Deliver(1, events.ApplicationSubmitted{UID: uid, Application: "shop"})
		c := clocker.Container{Application: "shop", UID: uid, Entity: "store", Generation: 1}
		var both sync.WaitGroup
		for _, e := range []events.Event{
			events.ContainerAddressed{Container: c, Host: linetest.Host, Address: "10.200.0.16"},
			events.ImageReady{UID: uid, Application: "shop", Key: spec.Entities[0].Image.Key(), Image: "sha256:1"},
		} {
			both.Go(func() {
				if _, err := b.handle(t.Context(), pgtest.Deliver(2, e)); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if phase := b.value(`select phase from policy.containers where uid = $1`, uid); phase != "cleared" {
			t.Fatalf("container is %v", phase)
		}
	}
}

func TestInputsBeforeTheApplication(t *testing.T) {
	t.Parallel()
	spec := linetest.Shop()
	b := setup(t, spec)
	ask := events.OperationRequested{Operation: "early", Kind: "resize", Application: "shop", UID: linetest.UID, Target: "shop/web",
		Params: []byte(`{"size":0}`)}
	if out := b.Deliver(5, ask); len(out) > 0 {
		t.Errorf("decided before the application is known: %v", linetest.Topics(out))
	}
	out := b.Deliver(1, events.ApplicationSubmitted{UID: linetest.UID, Application: "shop", Operation: "deploy"})
	want := []string{"entity.resized", "container.requested shop/store/0 g1", "operation.finished"}
	if got := linetest.Topics(out); !slices.Equal(got, want) {
		t.Errorf("stated %v, want %v", got, want)
	}
	if out := b.Deliver(5, ask); len(out) > 0 {
		t.Errorf("a duplicate leads to %v", linetest.Topics(out))
	}
	ask.Operation, ask.UID = "nobody", "u9"
	if out := b.Deliver(6, ask); len(out) != 1 || out[0].(events.OperationFinished).Outcome != events.OutcomeFailed {
		t.Errorf("an operation on nothing leads to %v", out)
	}
	if out := b.Deliver(6, ask); len(out) > 0 {
		t.Errorf("finished again: %v", out)
	}
}

func TestApplicationThatApiDoesNotShowIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, linetest.Shop())
	_, err := b.handle(t.Context(), pgtest.Deliver(1, events.ApplicationSubmitted{UID: "u9", Application: "other"}))
	if err == nil || !strings.Contains(err.Error(), "api shows no such application") {
		t.Errorf("error %v", err)
	}
}

// A cancel that comes when its target has ended, or before it was heard of, is settled all the same.
func TestACancelFindsWhatItIsAboutInTheDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t, linetest.Shop())
	ask := func(number int64, id, kind, target, params string) []events.Event {
		e := events.OperationRequested{Operation: id, Kind: kind, Application: "shop", UID: linetest.UID, Target: target}
		if params != "" {
			e.Params = []byte(params)
		}
		return b.Deliver(number, e)
	}
	if out := ask(4, "early", "cancel", "grow", ""); len(out) > 0 {
		t.Errorf("decided before anything is known: %v", linetest.Topics(out))
	}
	b.Deliver(1, events.ApplicationSubmitted{UID: linetest.UID, Application: "shop", Operation: "deploy"})
	want := []string{"entity.resized", "entity.resized", "operation.finished", "operation.finished"}
	if got := linetest.Topics(ask(3, "grow", "resize", "shop/web", `{"size":9}`)); !slices.Equal(got, want) {
		t.Errorf("stated %v, want %v", got, want)
	}
	out := ask(5, "late", "cancel", "grow", "")
	if len(out) != 1 || out[0].(events.OperationFinished).Reason != "the resize grow had ended before" {
		t.Errorf("%+v", out)
	}
	out = ask(6, "back", "cancel", "deploy", "")
	if end, ok := out[0].(events.OperationFinished); !ok || end.Operation != "deploy" || end.Outcome != events.OutcomeCancelled {
		t.Errorf("%+v", out)
	}
	if state := b.value(`select state from policy.v_applications where uid = $1`, linetest.UID); state != "stopping" {
		t.Errorf("the application is %v", state)
	}
	if out := ask(6, "back", "cancel", "deploy", ""); len(out) > 0 {
		t.Errorf("a duplicate leads to %v", linetest.Topics(out))
	}
}
