package control_test

import (
	"context"
	"testing"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/services/provisioner/internal/store"
)

// ask delivers an operation as the bus does.
func (f *fixture) ask(t *testing.T, number int64, id, kind, host string) {
	t.Helper()
	f.request(t, number, events.OperationRequested{Operation: id, Kind: kind, Target: host, Host: host, By: "ci/k1"})
}

func (f *fixture) request(t *testing.T, number int64, e events.OperationRequested) {
	t.Helper()
	err := f.control.Unit().Do(t.Context(), "provisioner", []events.Delivery{pgtest.Deliver(number, e)},
		func(ctx context.Context, s *store.Store, d events.Delivery) ([]events.Event, error) {
			return f.control.Operation(ctx, s, bus.Received[events.OperationRequested]{Event: e, Number: d.Number})
		})
	if err != nil {
		t.Fatal(err)
	}
}

func ended(id, kind, outcome, reason string) events.OperationFinished {
	return events.OperationFinished{Operation: id, Kind: kind, Host: "localhost", Outcome: outcome, Reason: reason}
}

func TestAHostIsCordonedUntilItIsUncordoned(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.watch()
	f.makeReady(t)
	cordoned := func() any { return pgtest.Query(t, f.db, `select cordoned from provisioner.v_hosts`)[0]["cordoned"] }
	f.ask(t, 100, "a", events.OperationCordon, "localhost")
	f.states(t, events.HostCordoned{Cloud: "my-docker-cloud", Host: "localhost", By: "ci/k1"}, ended("a", "cordon", "done", ""))
	if cordoned() != true {
		t.Error("v_hosts does not show it")
	}
	f.ask(t, 101, "b", events.OperationCordon, "localhost")
	f.states(t, ended("b", "cordon", "done", ""))
	f.mustRegister(t, clocker.Registered{Epoch: 2, Cloud: "my-docker-cloud"}) // a restart of its agent changes nothing
	f.reconciled(t, 2)
	f.states(t, suspected(1, "its agent started anew"), readyIn(2))
	if cordoned() != true {
		t.Error("it is forgotten")
	}
	f.ask(t, 103, "c", events.OperationUncordon, "localhost")
	f.states(t, events.HostUncordoned{Cloud: "my-docker-cloud", Host: "localhost", By: "ci/k1"}, ended("c", "uncordon", "done", ""))
	f.ask(t, 102, "d", events.OperationCordon, "localhost")
	f.states(t, ended("d", "cordon", "done", "a later request came first"))
	if cordoned() != false {
		t.Error("an older request that came later counts")
	}
}

func TestWhatIsAskedOfNoHostOrOfAnotherOwner(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ask(t, 1, "a", events.OperationCordon, "localhost")
	f.states(t, ended("a", "cordon", "failed", `there is no host "localhost"`))
	f.ask(t, 2, "b", events.OperationRestart, "localhost")
	f.states(t)
}
