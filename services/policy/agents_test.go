package policy

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/policy/internal/linetest"
)

var storeZero = clocker.Container{Application: "shop", UID: linetest.UID, Entity: "store", Generation: 1}

// cleared is a shop whose store is assigned.
func cleared(t *testing.T) *bundle {
	t.Helper()
	b := setup(t, linetest.Shop())
	w := linetest.New(t, linetest.Shop(), b)
	for w.Pending() > 0 {
		w.Deliver(0)
	}
	_ = pgtest.Outbox(t, b.db)
	return b
}

func TestFactsThatDoNotCount(t *testing.T) {
	t.Parallel()
	other := func(change func(*clocker.Container)) *clocker.Container {
		c := storeZero
		change(&c)
		return &c
	}
	b := cleared(t)
	for _, tc := range []struct {
		name    string
		epoch   int64
		fact    clocker.Fact
		refused string
	}{
		{"generation to come", epoch, clocker.Fact{Kind: clocker.FactStarted,
			Container: other(func(c *clocker.Container) { c.Generation = 2 })}, "there is no generation 2 of shop/store/0"},
		{"generation that is over", epoch, clocker.Fact{Kind: clocker.FactStarted,
			Container: other(func(c *clocker.Container) { c.Generation = 0 })}, "generation 0 of shop/store/0 is withdrawn"},
		{"not assigned", epoch, clocker.Fact{Kind: clocker.FactStarted,
			Container: other(func(c *clocker.Container) { c.Entity = "web" })}, "generation 1 of shop/web/0 is not assigned to host localhost"},
		{"no such container", epoch, clocker.Fact{Kind: clocker.FactStarted,
			Container: other(func(c *clocker.Container) { c.Ordinal = 9 })}, "there is no container shop/store/9"},
		{"no such application", epoch, clocker.Fact{Kind: clocker.FactStarted,
			Container: other(func(c *clocker.Container) { c.UID = "u9" })}, "there is no container shop/store/0"},
		{"removed but wanted", epoch, clocker.Fact{Kind: clocker.FactRemoved, Container: &storeZero},
			"generation 1 of shop/store/0 is not to be removed"},
		{"nothing", epoch, clocker.Fact{Kind: clocker.FactStarted}, `a fact of kind "container.started" without a container`},
		{"a later one", epoch, clocker.Fact{Kind: clocker.FactStarted, Container: &storeZero, EngineID: "abc"}, ""},
	} {
		tc.fact.Counter = b.next()
		reply, err := b.tell(tc.epoch, tc.fact)
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if got := reply.Refused[tc.fact.Counter]; got != tc.refused {
			t.Errorf("%s: refused %q, want %q", tc.name, got, tc.refused)
		}
	}
	if got := linetest.Topics(pgtest.Outbox(t, b.db)); !slices.Equal(got, []string{"container.started shop/store/0 g1"}) {
		t.Errorf("stated %v", got)
	}
}

// next is the next counter of the agent.
func (b *bundle) next() int64 {
	b.t.Helper()
	n, _ := b.value(`select counter from policy.facts`).(int64)
	return n + 1
}

func TestFactsThatArePolicyToAnswerLater(t *testing.T) {
	t.Parallel()
	b := cleared(t)
	fact := clocker.Fact{Counter: 1, Kind: clocker.FactStarted, Container: &storeZero}
	if _, err := b.tell(epoch+1, fact); clocker.CodeOf(err) != clocker.Unavailable {
		t.Errorf("an epoch that provisioner does not show yet: %v", err)
	}
	// The agent has not heard of its new epoch: its registration was answered to nobody. It keeps what it saw, registers again
	// and says it in the new epoch.
	if _, err := b.tell(epoch-1, fact); clocker.CodeOf(err) != clocker.Conflict {
		t.Errorf("an epoch that is over: %v", err)
	}
	batch := clocker.FactBatch{Host: "h9", Epoch: 1, Noun: noun, Facts: []clocker.Fact{fact}}
	if _, err := b.onFacts(t.Context(), clocker.SubjectFact+"h9", batch); clocker.CodeOf(err) != clocker.Conflict {
		t.Errorf("a host that is not registered: %v", err)
	}
	if _, err := b.onFacts(t.Context(), clocker.SubjectFact+"localhost", batch); clocker.CodeOf(err) != clocker.Denied {
		t.Errorf("a host that speaks for another: %v", err)
	}
	batch.Noun = "image"
	if _, err := b.onFacts(t.Context(), clocker.SubjectFact+"h9", batch); !errors.Is(err, bus.ErrNotMine) {
		t.Errorf("another noun: %v", err)
	}
}

func TestFactsSentAgainHaveNoSecondEffect(t *testing.T) {
	t.Parallel()
	b := cleared(t)
	orphan := clocker.Fact{Counter: 5, Kind: clocker.FactOrphan, Orphan: &clocker.Orphan{Kind: "volume", Name: "clk-x"}}
	facts := []clocker.Fact{
		{Counter: 3, Kind: clocker.FactStarted, Container: &storeZero, EngineID: "abc"},
		{Counter: 4, Kind: clocker.FactHealthy, Container: &storeZero},
		orphan,
		{Counter: 7, Kind: clocker.FactRestarted, Container: &storeZero, Attempt: 1, ExitCode: 137},
	}
	want := []string{"container.started shop/store/0 g1", "container.healthy shop/store/0 g1",
		"container.cleared shop/web/0 g1", "container.cleared shop/web/1 g1", "orphan.collected",
		"container.unhealthy shop/store/0 g1", "container.restarted shop/store/0 g1"}
	for n := range 3 {
		if _, err := b.tell(epoch, facts...); err != nil {
			t.Fatal(err)
		}
		if got := linetest.Topics(pgtest.Outbox(t, b.db)); !slices.Equal(got, want) {
			t.Errorf("time %d: stated %v, want %v", n, got, want)
		}
		want = nil
	}
	// A new epoch counts from the start.
	pgtest.Exec(t, b.db, `update provisioner.v_hosts set epoch = $1`, epoch+1)
	if _, err := b.tell(epoch+1, clocker.Fact{Counter: 1, Kind: clocker.FactHealthy, Container: &storeZero}); err != nil {
		t.Fatal(err)
	}
	if got := linetest.Topics(pgtest.Outbox(t, b.db)); !slices.Equal(got, []string{"container.healthy shop/store/0 g1"}) {
		t.Errorf("stated %v", got)
	}
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	b := cleared(t)
	w, err := b.ask(epoch)
	if err != nil {
		t.Fatal(err)
	}
	owners := "u1/store/0 u1/web/0 u1/web/1"
	if !w.Complete || w.Revision != 1 || len(w.Assignments) != 1 || strings.Join(w.Owners, " ") != owners {
		t.Errorf("snapshot %+v", w)
	}
	if _, err := b.ask(epoch - 1); clocker.CodeOf(err) != clocker.Conflict {
		t.Errorf("an agent of an older epoch got an answer: %v", err)
	}
	if _, err := b.onAsk(t.Context(), clocker.SubjectAsk+"h9", clocker.Ask{Kind: clocker.AskRun, Host: "h9"}); clocker.CodeOf(err) != clocker.NotFound {
		t.Errorf("an unknown host got an answer: %v", err)
	}
	if _, err := b.onAsk(t.Context(), clocker.SubjectAsk+"h9", clocker.Ask{Kind: clocker.AskNetworks}); !errors.Is(err, bus.ErrNotMine) {
		t.Errorf("another's question: %v", err)
	}
}

// Whose volumes a host may remove: an identity that is named was had by a container, and is by none.
func TestIdentitiesThatAreGoneAreNamed(t *testing.T) {
	t.Parallel()
	b := cleared(t)
	ask := func(epoch int64, owners ...string) (any, error) {
		return b.onAsk(t.Context(), clocker.SubjectAsk+linetest.Host,
			clocker.Ask{Kind: clocker.AskOwners, Host: linetest.Host, Epoch: epoch, Owners: owners})
	}
	named := func(want ...string) {
		t.Helper()
		got, err := ask(epoch, "u1/store/0", "u9/store/0", "u1/web/1", "u1/web/99999999999")
		if err != nil || !slices.Equal(got.(clocker.OwnersGone).Gone, want) {
			t.Errorf("gone are %v, %v; want %v", got, err, want)
		}
	}
	named("u9/store/0", "u1/web/99999999999")
	// A container on its way back may still use what is its.
	_ = b.Deliver(50, events.OperationRequested{Operation: "bye", Kind: "delete", Application: "shop", UID: linetest.UID, Target: "shop"})
	named("u9/store/0", "u1/web/99999999999")
	pgtest.Exec(t, b.db, `update policy.containers set phase = 'gone' where entity = 'web'`)
	named("u9/store/0", "u1/web/99999999999")
	pgtest.Exec(t, b.db, `delete from policy.withdrawals where entity = 'web'`)
	named("u9/store/0", "u1/web/1", "u1/web/99999999999")

	if got, err := ask(epoch); err != nil || len(got.(clocker.OwnersGone).Gone) > 0 {
		t.Errorf("of none: %v, %v", got, err)
	}
	if got, err := ask(epoch - 1); clocker.CodeOf(err) != clocker.Conflict {
		t.Errorf("an epoch that is over: %v, %v", got, err)
	}
	if got, err := ask(epoch, "db"); clocker.CodeOf(err) != clocker.Invalid {
		t.Errorf("no identity: %v, %v", got, err)
	}
	if got, err := ask(epoch, slices.Repeat([]string{"u1/web/0"}, clocker.OwnersMost+1)...); clocker.CodeOf(err) != clocker.Invalid {
		t.Errorf("too many: %v, %v", got, err)
	}
}

func TestTombstoneIsInTheSnapshotUntilRemoved(t *testing.T) {
	t.Parallel()
	b := cleared(t)
	_ = b.Deliver(50, events.OperationRequested{Operation: "bye", Kind: "delete", Application: "shop", UID: linetest.UID, Target: "shop"})
	w, err := b.ask(epoch)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Assignments) != 1 || w.Assignments[0].Desired != clocker.DesiredRemoved || w.Revision != 2 || len(w.Assignments[0].Env) > 0 {
		t.Errorf("snapshot %+v", w)
	}
	out := b.Fact(clocker.Fact{Counter: 1, Kind: clocker.FactRemoved, Container: &storeZero})
	if got := linetest.Topics(out); !slices.Equal(got, []string{"container.removed shop/store/0 g1"}) {
		t.Errorf("stated %v", got)
	}
	if got := b.value(`select string_agg(stage, ' ' order by entity, ordinal) from policy.v_stages`); got != "removed removed removed" {
		t.Errorf("stages %v", got)
	}
	if w, _ := b.ask(epoch); len(w.Assignments) != 0 || len(w.Owners) != 3 {
		t.Errorf("snapshot %+v", w)
	}
}

// What a user sees of a container whose Engine refuses it, in the row that the API reads, until it runs.
func TestARefusalIsInTheRowUntilTheContainerRuns(t *testing.T) {
	t.Parallel()
	b := cleared(t)
	next := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	refusal := func(counter int64, attempt int, reason string) clocker.Fact {
		return clocker.Fact{Counter: counter, Kind: clocker.FactRefused, Container: &storeZero, Attempt: attempt, Reason: reason, Next: next}
	}
	for _, step := range []struct {
		name        string
		fact        clocker.Fact
		states      string
		row, reason string
	}{
		{"first attempt", refusal(1, 0, "no command /none"), "container.refused shop/store/0 g1", "cleared 0",
			"no command /none; attempt 1 at 03:04:05 UTC"},
		{"told again after a kill", refusal(2, 0, "no command /none"), "", "cleared 0", "no command /none; attempt 1 at 03:04:05 UTC"},
		{"second attempt", refusal(3, 1, "no disk"), "container.refused shop/store/0 g1", "cleared 1", "no disk; attempt 2 at 03:04:05 UTC"},
		{"a fact of a later version", clocker.Fact{Counter: 4, Kind: "container.dreamt", Container: &storeZero, Attempt: 2}, "", "cleared 1",
			"no disk; attempt 2 at 03:04:05 UTC"},
		{"runs", clocker.Fact{Counter: 5, Kind: clocker.FactStarted, Container: &storeZero, Attempt: 2, EngineID: "abc"},
			"container.started shop/store/0 g1", "started 2", ""},
	} {
		reply, err := b.tell(epoch, step.fact)
		if err != nil || len(reply.Refused) > 0 {
			t.Fatalf("%s: %v, refused %v", step.name, err, reply.Refused)
		}
		if got := strings.Join(linetest.Topics(pgtest.Outbox(t, b.db)), ", "); got != step.states {
			t.Errorf("%s: stated %q, want %q", step.name, got, step.states)
		}
		const where = ` where entity = 'store' and ordinal = 0`
		row := b.value(`select state || ' ' || attempt from policy.v_containers` + where)
		reason, stage := b.value(`select reason from policy.v_containers`+where), b.value(`select reason from policy.v_stages`+where)
		if row != step.row || reason != step.reason || stage != step.reason {
			t.Errorf("%s: %v, %q, explained by %q; want %s, %q", step.name, row, reason, stage, step.row, step.reason)
		}
	}
}
