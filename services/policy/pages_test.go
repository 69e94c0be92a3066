package policy

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/pkg/snapshot"
	"clocker.io/services/policy/internal/linetest"
	"clocker.io/services/policy/internal/push"
)

// full is as much environment as a service may have.
const full = 64 << 10

// laden is policy, answering on a real bus, whose one host has as many containers as given, each with a full environment;
// and a question of the agent of that host.
func laden(t *testing.T, containers int) (*bundle, func(page *clocker.Page) (clocker.RunWant, error)) {
	t.Helper()
	server := bustest.Server(t)
	agent := bustest.Host(t, server)
	b := connected(t, linetest.Shop(), bustest.As(t, server, Name))
	pgtest.Exec(t, b.db, `insert into policy.applications (uid, application, known) values ($1, 'shop', true)`, linetest.UID)
	pgtest.Exec(t, b.db, `insert into policy.hosts (host, revision) values ($1, $2)`, linetest.Host, containers)
	pgtest.Exec(t, b.db, `
		insert into policy.assignments (uid, entity, ordinal, generation, host, revision, desired, body)
		select $1, 'web', n, 1, $2, n, 'running', jsonb_build_object('image', 'sha256:1', 'env', jsonb_build_array('N=' || n || repeat(case n when 7 then '<' else 'x' end, $4)))
		from generate_series(1, $3::int) n`, linetest.UID, linetest.Host, containers, full)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = bus.Respond(clocker.SubjectAsk+"*", Name, b.onAsk).Serve(ctx, b.bus)
	}()
	t.Cleanup(func() { stop(); <-done })
	return b, func(page *clocker.Page) (w clocker.RunWant, err error) {
		for { // until it listens
			err = agent.Request(t.Context(), clocker.SubjectAsk+linetest.Host,
				clocker.Ask{Kind: clocker.AskRun, Host: linetest.Host, Epoch: epoch, Page: page}, &w)
			if err == nil || !strings.Contains(err.Error(), "nobody answers") {
				return w, err
			}
		}
	}
}

// 300 of them are more than any message may hold: their host could not register.
func TestAHostOfAnySizeGetsItsWholeSnapshot(t *testing.T) {
	t.Parallel()
	const containers = 300
	_, ask := laden(t, containers)
	pages := 0
	w, err := snapshot.Run(func(at clocker.Page) (clocker.RunWant, error) {
		pages++
		p, err := ask(&at)
		if most := push.PageSize / full; err == nil && (len(p.Assignments) == 0 || len(p.Assignments) > most || p.Complete) {
			t.Errorf("page %d has %d assignments, want at most %d; complete %v", pages, len(p.Assignments), most, p.Complete)
		}
		return p, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !w.Complete || w.Revision != containers || len(w.Assignments) != containers || w.Epoch != epoch || w.Host != linetest.Host {
		t.Fatalf("%d assignments at revision %d of host %s in epoch %d, complete %v", len(w.Assignments), w.Revision, w.Host, w.Epoch, w.Complete)
	}
	for i, a := range w.Assignments {
		if want := fmt.Sprintf("N=%d", i+1); a.Ordinal != i+1 || len(a.Env) != 1 || strings.TrimRight(a.Env[0], "<x") != want || len(a.Env[0]) != full+len(want) {
			t.Fatalf("assignment %d is of %s with %d values", i, a.Path(), len(a.Env))
		}
	}
	// An agent that knows of no pages would take the first for all there is, and remove the rest.
	if _, err := ask(nil); clocker.CodeOf(err) != clocker.Invalid || !strings.Contains(err.Error(), "upgrade it") {
		t.Errorf("an agent that knows of no pages: %v", err)
	}
}

// What changes while pages are asked for comes again; a host whose assignments never rest has its snapshot all the same.
func TestASnapshotIsWholeWhileAssignmentsChange(t *testing.T) {
	t.Parallel()
	const containers, size = 60, 15 // of the host, and of a page
	b, ask := laden(t, containers)
	raise := `with next as (update policy.hosts set revision = revision + 1 returning revision)
		update policy.assignments a set desired = $1, revision = next.revision from next where ordinal = $2`
	pages := 0
	w, err := snapshot.Run(func(at clocker.Page) (clocker.RunWant, error) {
		p, err := ask(&at)
		pages++
		pgtest.Exec(t, b.db, raise, "removed", pages)                                      // on a page before
		pgtest.Exec(t, b.db, raise, "stopped", containers-pages)                           // on one to come
		pgtest.Exec(t, b.db, `delete from policy.assignments where ordinal = $1`, pages-2) // one that was told before
		return p, err
	})
	if err != nil || pages < containers/size {
		t.Fatalf("after %d pages: %v", pages, err)
	}
	got := map[int]clocker.Desired{}
	for _, a := range w.Assignments {
		got[a.Ordinal] = a.Desired
	}
	for _, row := range pgtest.Query(t, b.db, `select ordinal, desired, revision from policy.assignments`) {
		n := int(row["ordinal"].(int32))
		if got[n] == "" {
			t.Errorf("container %d has a row, and would be removed", n)
		}
		if row["revision"].(int64) <= w.Revision && string(got[n]) != row["desired"] {
			t.Errorf("container %d is %q, want %q", n, got[n], row["desired"])
		}
	}
}

// The agent of an epoch that is over gets no page, and so nothing to take for all there is.
func TestNoPageComesFromAnotherEpoch(t *testing.T) {
	t.Parallel()
	b, ask := laden(t, 30)
	pages := 0
	_, err := snapshot.Run(func(at clocker.Page) (clocker.RunWant, error) {
		p, err := ask(&at)
		pages++
		pgtest.Exec(t, b.db, `update provisioner.v_hosts set epoch = epoch + 1`)
		return p, err
	})
	if clocker.CodeOf(err) != clocker.Conflict || pages != 2 {
		t.Errorf("after %d pages: %v", pages, err)
	}
}
