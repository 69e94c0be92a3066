package line_test

import (
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/linetest"
)

// rounds delivers n rounds and gives what is stated from then on.
func rounds(w *linetest.World, n int) (from int) {
	for range n {
		w.Round()
	}
	return len(w.Log)
}

func TestACancelledDeployIsTakenBack(t *testing.T) {
	t.Parallel()
	for n := range 5 { // rounds before it, none to nearly done
		spec := linetest.Shop()
		m := linetest.NewMemory(spec)
		w := linetest.New(t, spec, m)
		rounds(w, n)
		w.Ask("stop", events.OperationCancel, "deploy", "")
		w.Settle()
		deploy, _ := finish(w, "deploy")
		stop, _ := finish(w, "stop")
		if !m.App.Gone || len(m.Assignments()) > 0 || deploy.Outcome != events.OutcomeCancelled ||
			deploy.Reason != "cancelled by stop: the application is taken back" || stop.Outcome != events.OutcomeDone {
			t.Errorf("after %d rounds: gone %v, %+v, %+v", n, m.App.Gone, deploy, stop)
		}
		if last := w.Log[len(w.Log)-1]; last != events.Event(stop) {
			t.Errorf("the cancel ends before the application is gone: %v", linetest.Topics(w.Log))
		}
		if err := linetest.Story(w.Log); err != nil {
			t.Error(err)
		}
	}
}

func TestACancelledResizeStaysAtTheSizeItHasComeTo(t *testing.T) {
	t.Parallel()
	w, m := setup(t, linetest.Shop())
	w.Ask("grow", events.OperationResize, "shop/web", `{"size":6}`)
	w.Deliver(0)
	for range 2 { // two of the four new ones are placed and addressed, and with that on their way to the agent
		w.Deliver(0)
	}
	w.Ask("stop", events.OperationCancel, "grow", "")
	from := len(w.Log)
	w.Deliver(w.Pending() - 1)
	want := []string{"entity.resized", "operation.finished", "operation.finished", "container.withdrawn shop/web/4 g1", "container.withdrawn shop/web/5 g1"}
	if got := linetest.Topics(w.Log[from:]); !slices.Equal(got, want) {
		t.Errorf("stated %v, want %v", got, want)
	}
	w.Settle()
	grow, _ := finish(w, "grow")
	stop, _ := finish(w, "stop")
	if grow.Outcome != events.OutcomeCancelled || grow.Reason != "cancelled by stop: shop/web stays at 4" || stop.Outcome != events.OutcomeDone {
		t.Errorf("%+v, %+v", grow, stop)
	}
	if n := len(m.App.Wanted()); n != 5 || !m.App.Healthy {
		t.Errorf("%d wanted, healthy %v: %s", n, m.App.Healthy, m.App.Reason)
	}
}

func TestACancelledResizeLetsThoseGoOnThatWereToEnd(t *testing.T) {
	t.Parallel()
	w, m := setup(t, linetest.Shop())
	w.Ask("again", events.OperationRestart, "shop/web", "")
	w.Deliver(0)
	w.Ask("shrink", events.OperationResize, "shop/web", `{"size":0}`)
	w.Deliver(w.Pending() - 1) // both members wait for their first generation to be gone before they end
	w.Ask("stop", events.OperationCancel, "shrink", "")
	w.Deliver(w.Pending() - 1)
	w.Settle()
	if shrink, _ := finish(w, "shrink"); shrink.Reason != "cancelled by stop: shop/web stays at 2" {
		t.Errorf("%+v", shrink)
	}
	if n := len(m.App.Wanted()); n != 3 || !m.App.Healthy {
		t.Errorf("%d wanted, healthy %v: %s", n, m.App.Healthy, m.App.Reason)
	}
}

func TestACancelThatComesTooLateOrHasNoMeaningSaysSo(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, kind, params, reason string }{
		{"what has ended", "deploy", "", "the deploy deploy had ended before"},
		{"a restart", events.OperationRestart, "", "a restart cannot be cancelled"},
		{"a delete", events.OperationDelete, "", "a delete cannot be cancelled"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w, _ := setup(t, linetest.Shop())
			target := "deploy"
			if tc.kind != "deploy" {
				target = "op"
				w.Ask(target, tc.kind, "shop", tc.params)
			}
			w.Ask("stop", events.OperationCancel, target, "")
			w.Settle()
			stop, ok := finish(w, "stop")
			if !ok || stop.Outcome != events.OutcomeFailed || stop.Reason != tc.reason {
				t.Errorf("%+v", stop)
			}
			if op, ok := finish(w, target); !ok || op.Outcome != events.OutcomeDone {
				t.Errorf("%+v", op)
			}
		})
	}
}

func TestACancelBeforeWhatItCancelsWaitsForIt(t *testing.T) {
	t.Parallel()
	w, m := setup(t, linetest.Shop())
	w.Ask("grow", events.OperationResize, "shop/web", `{"size":6}`)
	w.Ask("stop", events.OperationCancel, "grow", "")
	from := len(w.Log)
	w.Deliver(1)
	if got := w.Log[from:]; len(got) > 0 {
		t.Errorf("decided before its target is known: %v", linetest.Topics(got))
	}
	w.Settle()
	grow, _ := finish(w, "grow")
	stop, _ := finish(w, "stop")
	if grow.Outcome != events.OutcomeCancelled || stop.Outcome != events.OutcomeDone || len(m.App.Wanted()) != 3 {
		t.Errorf("%+v, %+v, %d wanted", grow, stop, len(m.App.Wanted()))
	}
}

func TestALaterResizeTakesOverFromOneThatIsUnderWay(t *testing.T) {
	t.Parallel()
	w, m := setup(t, linetest.Shop())
	w.Ask("grow", events.OperationResize, "shop/web", `{"size":6}`)
	w.Deliver(0)
	w.Ask("less", events.OperationResize, "shop/web", `{"size":3}`)
	w.Settle()
	grow, _ := finish(w, "grow")
	less, _ := finish(w, "less")
	if grow.Outcome != events.OutcomeCancelled || grow.Reason != "less asked for another size" || less.Outcome != events.OutcomeDone ||
		len(m.App.Wanted()) != 4 {
		t.Errorf("%+v, %+v, %d wanted", grow, less, len(m.App.Wanted()))
	}
}

func TestAResizeIsDoneWhenItsSizeIsReachedAndFailsWithWhatIsGivenUp(t *testing.T) {
	t.Parallel()
	w, _ := setup(t, linetest.Shop())
	w.Ask("shrink", events.OperationResize, "shop/web", `{"size":1}`)
	w.Deliver(0)
	if end, ok := finish(w, "shrink"); ok {
		t.Errorf("done while a member is still there: %+v", end)
	}
	w.Settle()
	if end, ok := finish(w, "shrink"); !ok || end.Outcome != events.OutcomeDone {
		t.Errorf("%+v", end)
	}
	w.Ask("grow", events.OperationResize, "shop/web", `{"size":2}`)
	for w.Pending() > 0 {
		w.Deliver(0)
	}
	c := clocker.Container{Application: "shop", UID: linetest.UID, Entity: "web", Ordinal: 1, Generation: 2}
	for ; c.Generation < 5; c.Generation++ {
		w.See(c, clocker.Fact{Kind: clocker.FactFailed, ExitCode: 1, Reason: "no disk"})
		for w.Pending() > 0 {
			w.Deliver(0)
		}
	}
	if end, ok := finish(w, "grow"); !ok || end.Outcome != events.OutcomeFailed || !strings.Contains(end.Reason, "shop/web/1 is failed: given up") {
		t.Errorf("%+v\n%s", end, strings.Join(linetest.Topics(w.Log), "\n"))
	}
}

// In order, the second resize takes over from the first, and the cancel is too late: out of order it must end there too.
func TestAResizeBetweenACancelAndItsTargetCountsWhenItComesLate(t *testing.T) {
	t.Parallel()
	w, m := setup(t, linetest.Shop())
	w.Ask("grow", events.OperationResize, "shop/web", `{"size":6}`)
	w.Ask("less", events.OperationResize, "shop/web", `{"size":3}`)
	w.Ask("stop", events.OperationCancel, "grow", "")
	w.Deliver(0)
	w.Deliver(1)
	w.Settle()
	if less, _ := finish(w, "less"); less.Outcome != events.OutcomeDone || len(m.App.Wanted()) != 4 {
		t.Errorf("%+v, %d wanted", less, len(m.App.Wanted()))
	}
}
