package policy

import (
	"context"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/linetest"
)

// An agent that listens gets the assignments that a commit makes; one that missed them gets them after two heartbeats.
func TestAssignmentsArePushed(t *testing.T) {
	t.Parallel()
	server := bustest.Server(t)
	agent, control := bustest.Host(t, server), bustest.Control(t, server)
	b := connected(t, linetest.Shop(), control)
	wants := make(chan clocker.RunWant, 10)
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	listener := bus.Listen(clocker.SubjectWant+linetest.Host, "", func(_ context.Context, _ string, w clocker.Want) { wants <- *w.Run })
	go func() { _ = b.pusher.Run(ctx) }()
	w := linetest.New(t, linetest.Shop(), b)
	for w.Pending() > 0 { // pushed before anybody listens
		w.Deliver(0)
	}
	go func() { _ = listener.Serve(ctx, agent) }()
	next := func(beat clocker.Beat) clocker.RunWant {
		t.Helper()
		end := time.After(2 * time.Minute)
		for {
			b.onBeat(ctx, clocker.SubjectBeat+linetest.Host, beat)
			select {
			case got := <-wants:
				return got
			case <-time.After(20 * time.Millisecond):
			case <-end:
				t.Fatal("nothing is pushed")
			}
		}
	}
	got := next(clocker.Beat{Host: linetest.Host, Epoch: epoch})
	if got.Epoch != epoch || got.Previous != 0 || got.Revision != 1 || got.Complete || len(got.Assignments) != 1 ||
		got.Assignments[0].Container != storeZero {
		t.Errorf("pushed %+v", got)
	}
	b.Deliver(90, events.OperationRequested{Operation: "bye", Kind: "delete", Application: "shop", UID: linetest.UID, Target: "shop"})
	got = next(clocker.Beat{Host: linetest.Host, Epoch: epoch, RunRevision: 1})
	for got.Revision != 2 { // a push that was on its way before
		got = next(clocker.Beat{Host: linetest.Host, Epoch: epoch, RunRevision: 1})
	}
	if got.Previous != 1 || len(got.Assignments) != 1 || got.Assignments[0].Desired != clocker.DesiredRemoved {
		t.Errorf("pushed %+v", got)
	}
}
