package control_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/provisioner/internal/store"
)

func TestFirstHost(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.watch()
	f.mustRegister(t, clocker.Registered{Wait: true})
	if rows := pgtest.Query(t, f.db, `select * from provisioner.v_hosts`); len(rows) != 0 {
		t.Fatalf("an offer shows as a host: %v", rows)
	}
	f.short(t)
	f.called(t)
	f.mustRegister(t, clocker.Registered{Epoch: 1, Cloud: "my-docker-cloud"})
	f.mustRegister(t, clocker.Registered{Epoch: 2, Cloud: "my-docker-cloud"}) // the first answer was lost
	if refused := f.reconciled(t, 1); !strings.Contains(refused[7], "epoch 1 is over") {
		t.Errorf("a fact of an old epoch: %v", refused)
	}
	for range 2 {
		if refused := f.reconciled(t, 2); len(refused) != 0 {
			t.Errorf("refused %v", refused)
		}
	}
	f.states(t, readyIn(2))
	row := pgtest.Query(t, f.db, `select state, epoch, reason, engine->>'id' as engine, ready_at is not null as ready from provisioner.v_hosts`)[0]
	if row["state"] != "ready" || row["epoch"] != int64(2) || row["reason"] != "" || row["engine"] != "E1" || row["ready"] != true {
		t.Errorf("v_hosts shows %v", row)
	}
}

func TestAgentComesAfterTheShortage(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.watch()
	f.short(t)
	f.mustRegister(t, clocker.Registered{Wait: true})
	f.called(t)
	f.mustRegister(t, clocker.Registered{Epoch: 1, Cloud: "my-docker-cloud"})
}

func TestCloudThatIsFullSaysSoOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.watch()
	f.makeReady(t)
	pgtest.Exec(t, f.db, `update provisioner.hosts set changed_at = now() - interval '1 hour'`)
	f.beat(1, false)
	full := events.HostFailed{Cloud: "my-docker-cloud", Reason: "location localhost has one host and it is taken: localhost (ready)"}
	f.short(t)
	f.states(t, full)
	f.beat(1, false)
	f.deliver(t, events.HostNeeded{Cloud: "my-docker-cloud"}) // asked again, answered again
	f.states(t, full)
	row := pgtest.Query(t, f.db, `select count(*) as n from provisioner.v_hosts`)[0]
	if row["n"] != int64(1) {
		t.Errorf("%v hosts, want one", row["n"])
	}
}

func TestNobodyOffersItself(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.short(t)
	pgtest.Exec(t, f.db, `update provisioner.clouds set needed_at = now() - interval '1 minute'`)
	f.watch()
	f.states(t, events.HostFailed{Cloud: "my-docker-cloud", Reason: "no agent offered itself to location localhost within 60 s: " +
		"is the Docker Engine running? see the output of clocker up"})
}

func TestUnknownCloud(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.deliver(t, events.HostNeeded{Cloud: "mars"})
	f.states(t, events.HostFailed{Cloud: "mars", Reason: `there is no cloud "mars"`})
}

func TestSilence(t *testing.T) {
	t.Parallel()
	f := setup(t)
	stop := f.watch()
	f.makeReady(t)
	f.beat(1, false)
	f.clock.advance(1900 * time.Millisecond) // less than the loop takes for a standstill of its own
	f.beat(2, false)                         // of no epoch that is known: no sign
	f.clock.advance(1900 * time.Millisecond)
	f.states(t, suspected(1, "its agent is silent"))
	f.beat(1, false)
	f.states(t, readyIn(1))
	f.beat(1, true)
	f.states(t, suspected(1, "its Docker Engine does not answer"))
	f.beat(1, false)
	f.states(t, readyIn(1))

	// A provisioner that comes back has heard nobody for an hour, and suspects nobody for it.
	stop()
	f.clock.advance(time.Hour)
	f.watch()
	pgtest.Exec(t, f.db, `update provisioner.hosts set changed_at = now() - interval '1 hour'`)
	f.short(t)
	f.states(t, events.HostFailed{Cloud: "my-docker-cloud",
		Reason: "location localhost has one host and it is taken: localhost (ready)"})
}

func TestAgentRegistersAgain(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.watch()
	f.makeReady(t)
	f.mustRegister(t, clocker.Registered{Epoch: 2, Cloud: "my-docker-cloud"})
	f.states(t, suspected(1, "its agent started anew"))
	f.reconciled(t, 2)
	f.states(t, readyIn(2))
}

func TestAnotherMachineWithTheSameName(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.watch()
	f.makeReady(t)
	f.beat(1, false)
	if _, err := f.register(t, "E2"); clocker.CodeOf(err) != clocker.Conflict || !strings.Contains(err.Error(), "CLOCKER_HOST") {
		t.Fatalf("error %v, want a conflict that says what to do", err)
	}
	f.clock.advance(4 * time.Second)
	f.beat(0, false) // the newcomer beats too, and does not keep itself out by that
	if r, err := f.register(t, "E2"); err != nil || r.Epoch != 2 {
		t.Errorf("Registered %+v, %v after the first machine fell silent; want epoch 2", r, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ask := func(subject string, a clocker.Ask) error {
		_, err := f.control.Ask(t.Context(), subject, a)
		return err
	}
	good := clocker.Registration{Token: token}
	if err := ask("clocker.ask.localhost", clocker.Ask{Kind: clocker.AskRun, Host: "localhost"}); !errors.Is(err, bus.ErrNotMine) {
		t.Errorf("another kind: %v", err)
	}
	if err := ask("clocker.ask.localhost", clocker.Ask{Kind: clocker.AskRegister, Host: "localhost", Register: &clocker.Registration{Token: "guess"}}); clocker.CodeOf(err) != clocker.Denied {
		t.Errorf("a wrong token: %v", err)
	}
	if err := ask("clocker.ask.mars", clocker.Ask{Kind: clocker.AskRegister, Host: "localhost", Register: &good}); clocker.CodeOf(err) != clocker.Invalid {
		t.Errorf("another host's name: %v", err)
	}
	if err := ask("clocker.ask.localhost", clocker.Ask{Kind: clocker.AskRegister, Host: "localhost"}); clocker.CodeOf(err) != clocker.Invalid {
		t.Errorf("no registration: %v", err)
	}
	if _, err := f.control.Facts(t.Context(), "clocker.fact.localhost", clocker.FactBatch{Noun: "container"}); !errors.Is(err, bus.ErrNotMine) {
		t.Errorf("facts of containers: %v", err)
	}
	if _, err := f.control.Facts(t.Context(), "clocker.fact.mars", clocker.FactBatch{Noun: "host", Host: "localhost"}); clocker.CodeOf(err) != clocker.Denied {
		t.Errorf("facts about another host: %v", err)
	}
	if refused := f.reconciled(t, 1); refused[7] == "" {
		t.Error("a fact of an unknown host was taken")
	}
}

func TestSeedKeepsWhatWasSet(t *testing.T) {
	t.Parallel()
	f := setup(t)
	pgtest.Exec(t, f.db, `update provisioner.clouds set max_hosts = 5, strategies = '[]'`)
	f.run(t, func(ctx context.Context, s *store.Store) ([]events.Event, error) { return nil, s.Seed(ctx, cloud(7)) })
	row := pgtest.Query(t, f.db, `select max_hosts, max_containers, strategies::text as strategies from provisioner.v_clouds`)[0]
	if row["max_hosts"] != int32(5) || row["max_containers"] != int32(64) || row["strategies"] != "[]" {
		t.Errorf("v_clouds shows %v; want it as it was set, whatever the settings of the process say now", row)
	}
	pgtest.Exec(t, f.db, `update provisioner.clouds set cloud = 'another'`)
	f.run(t, func(ctx context.Context, s *store.Store) ([]events.Event, error) { return nil, s.Seed(ctx, cloud(7)) })
	if rows := pgtest.Query(t, f.db, `select cloud from provisioner.v_clouds`); len(rows) != 1 || rows[0]["cloud"] != "another" {
		t.Errorf("v_clouds shows %v; want no first cloud beside another", rows)
	}
}
