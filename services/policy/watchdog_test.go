package policy

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/policy/internal/linetest"
	"clocker.io/services/policy/internal/watch"
)

// hold runs fn once under policy's lease; again when this process lost it by standing still.
func (b *bundle) hold(fn func(ctx context.Context, f pg.Fence) error) {
	b.t.Helper()
	ctx, done := context.WithCancel(b.t.Context())
	defer done()
	var err error
	_ = b.db.Hold(ctx, "policy.watchdog", func(ctx context.Context, f pg.Fence) error {
		if err = fn(ctx, f); !errors.Is(err, pg.ErrFenced) && ctx.Err() == nil {
			done()
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestReconcileHealsAMissedImage(t *testing.T) {
	t.Parallel()
	spec := linetest.Shop()
	b := setup(t, spec)
	b.Deliver(1, events.ApplicationSubmitted{UID: linetest.UID, Application: "shop"})
	b.Deliver(2, events.ContainerAddressed{Container: storeZero, Host: linetest.Host, Address: "10.200.0.16"})
	key := spec.Entities[1].Image.Key()
	pgtest.Exec(t, b.db, `insert into imagebuilder.v_requests (uid, application, key) values ('u1', 'shop', $1)`, key)
	pgtest.Exec(t, b.db, `insert into imagebuilder.v_images (key, state, image) values ($1, 'ready', 'sha256:1')`, key)
	_ = pgtest.Outbox(t, b.db)
	b.hold(b.reconcile)
	if got := linetest.Topics(pgtest.Outbox(t, b.db)); !slices.Equal(got, []string{"container.cleared shop/store/0 g1"}) {
		t.Errorf("stated %v", got)
	}
}

func TestReconcileWithdrawsWhatApiSaysIsGone(t *testing.T) {
	t.Parallel()
	b := cleared(t)
	pgtest.Exec(t, b.db, `update api.v_applications set gone_at = now()`)
	b.hold(b.reconcile)
	want := []string{"application.withdrawn", "operation.finished", "container.withdrawn shop/web/0 g1",
		"container.withdrawn shop/web/1 g1", "container.withdrawn shop/store/0 g1"}
	if got := linetest.Topics(pgtest.Outbox(t, b.db)); !slices.Equal(got, want) {
		t.Errorf("stated %v, want %v", got, want)
	}
}

func TestAnEmptyAnswerOfApiIsNoOrder(t *testing.T) {
	t.Parallel()
	b := cleared(t)
	pgtest.Exec(t, b.db, `delete from api.v_applications`)
	b.hold(b.reconcile)
	if got := pgtest.Outbox(t, b.db); len(got) > 0 {
		t.Errorf("stated %v", linetest.Topics(got))
	}
}

func TestAFencedProcessReconcilesNothing(t *testing.T) {
	t.Parallel()
	b := cleared(t)
	pgtest.Exec(t, b.db, `update api.v_applications set gone_at = now()`)
	b.hold(func(ctx context.Context, f pg.Fence) error {
		f.Number++
		if err := b.reconcile(ctx, f); err == nil {
			t.Error("reconciled with a fence that is not this tenure's")
		}
		return nil
	})
}

func TestStagesPastTheirDeadlineAreNudged(t *testing.T) {
	t.Parallel()
	conn := bustest.Connect(t)
	b := connected(t, linetest.Shop(), conn)
	heard := make(chan clocker.Nudge, 10)
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	listener := bus.Listen(clocker.SubjectNudge+"*", "", func(_ context.Context, _ string, n clocker.Nudge) { heard <- n })
	go func() { _ = listener.Serve(ctx, conn) }()
	b.Deliver(1, events.ApplicationSubmitted{UID: linetest.UID, Application: "shop"})
	pgtest.Exec(t, b.db, `update policy.containers set since = now() - interval '1 minute' where entity = 'store'`)
	want := clocker.Nudge{Container: storeZero, Stage: "requested"}
	wait, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for { // until the listener is subscribed
		if err := b.look(wait, watch.New(events.Flow()), time.Now()); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-heard:
			if got != want {
				t.Errorf("nudge %+v, want %+v", got, want)
			}
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestStagesFollowTheOwners(t *testing.T) {
	t.Parallel()
	b := setup(t, linetest.Shop())
	b.Deliver(1, events.ApplicationSubmitted{UID: linetest.UID, Application: "shop"})
	pgtest.Exec(t, b.db, `insert into scheduler.v_placements (uid, entity, ordinal, generation, host, placed_at)
		values ('u1', 'store', 0, 1, 'localhost', now())`)
	pgtest.Exec(t, b.db, `insert into scheduler.v_parked (uid, entity, ordinal, generation, reason) values ('u1', 'web', 1, 1, 'no host')`)
	got := b.value(`select string_agg(concat_ws(':', entity, ordinal, stage, reason), ' ' order by entity, ordinal) from policy.v_stages`)
	if want := "store:0:placed: web:0:requested: web:1:requested:no host"; got != want {
		t.Errorf("stages %v, want %v", got, want)
	}
}

func TestStatesOfAnApplication(t *testing.T) {
	t.Parallel()
	b := setup(t, linetest.Shop())
	w := linetest.New(t, linetest.Shop(), b)
	state := func(want string) {
		t.Helper()
		if got := b.value(`select concat_ws(' ', state, healthy, wanted, up) from policy.v_applications`); got != want {
			t.Errorf("application is %v, want %v", got, want)
		}
	}
	w.Round()
	state("starting f 3 0")
	w.Settle()
	state("running t 3 3")
	w.See(storeZero, clocker.Fact{Kind: clocker.FactUnhealthy, Reason: "no answer"})
	state("unhealthy f 3 2")
	for g := int64(1); g <= 3; g++ {
		c := storeZero
		c.Generation = g
		w.See(c, clocker.Fact{Kind: clocker.FactFailed, Reason: "no disk"})
		for w.Pending() > 0 {
			w.Deliver(0)
		}
	}
	state("failed f 3 2")
	w.Ask("bye", "delete", "shop", "")
	w.Deliver(w.Pending() - 1)
	state("stopping f 0 0")
	w.Settle()
	if n := b.value(`select count(*) from policy.v_applications`); n != int64(0) {
		t.Errorf("%v applications are shown", n)
	}
}

func TestPruneForgetsWhatEndedLongAgo(t *testing.T) {
	t.Parallel()
	b := setup(t, linetest.Shop())
	w := linetest.New(t, linetest.Shop(), b)
	w.Settle()
	w.Ask("bye", "delete", "shop", "")
	w.Settle()
	b.hold(b.prune)
	if n := b.value(`select count(*) from policy.applications`); n != int64(1) {
		t.Error("forgot an application at once")
	}
	pgtest.Exec(t, b.db, `update policy.applications set updated_at = now() - interval '8 days'`)
	b.hold(b.prune)
	if n := b.value(`select count(*) from policy.applications`); n != int64(0) {
		t.Error("an application is never forgotten")
	}
}
