package line_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/policy/internal/linetest"
	"clocker.io/services/policy/internal/rows"

	"pgregory.net/rapid"
)

// chaos drives a world at random: deliveries in any order, duplicates, failures, requests of users.
func chaos(t *rapid.T, w *linetest.World, m *linetest.Memory, spec clocker.Application) (deleted bool) {
	asked := []string{"deploy"}
	for n := range rapid.IntRange(0, 80).Draw(t, "steps") {
		switch kind := rapid.IntRange(0, 13).Draw(t, "kind"); {
		case kind <= 4 && w.Pending() > 0:
			w.Deliver(rapid.IntRange(0, w.Pending()-1).Draw(t, "which"))
		case kind == 5 && w.Past() > 0:
			again(t, w)
		case kind <= 8:
			w.Step(rapid.IntRange(0, 20).Draw(t, "assignment"))
		case kind == 9:
			fail(t, w, m)
		case kind == 10:
			e := rapid.SampledFrom(spec.Entities).Draw(t, "entity").ID
			asked = append(asked, fmt.Sprintf("resize%d", n))
			w.Ask(fmt.Sprintf("resize%d", n), "resize", spec.ID+"/"+e, fmt.Sprintf(`{"size":%d}`, rapid.IntRange(0, 4).Draw(t, "size")))
		case kind == 11 && rapid.IntRange(0, 9).Draw(t, "delete") == 0:
			w.Ask(fmt.Sprintf("delete%d", n), "delete", spec.ID, "")
			deleted = true
		case kind == 11:
			asked = append(asked, fmt.Sprintf("restart%d", n))
			w.Ask(fmt.Sprintf("restart%d", n), "restart", spec.ID, "")
		case kind == 12:
			w.Ask(fmt.Sprintf("cancel%d", n), "cancel", rapid.SampledFrom(asked).Draw(t, "cancelled"), "")
		case kind == 13:
			w.Spoil(rapid.SampledFrom(spec.Entities).Draw(t, "spoilt").Image.Key())
		}
	}
	return deleted
}

func again(t *rapid.T, w *linetest.World) {
	w.DeliverAgain(rapid.IntRange(0, w.Past()-1).Draw(t, "duplicate"))
}

func fail(t *rapid.T, w *linetest.World, m *linetest.Memory) {
	list := m.Assignments()
	if len(list) == 0 {
		return
	}
	a := rapid.SampledFrom(list).Draw(t, "victim")
	kind := rapid.SampledFrom([]clocker.FactKind{clocker.FactFailed, clocker.FactUnhealthy, clocker.FactRestarted}).Draw(t, "fact")
	w.See(a.Container, clocker.Fact{Kind: kind, Attempt: rapid.IntRange(0, 3).Draw(t, "attempt"), ExitCode: 1})
}

// Whatever happens in whatever order: the story has no contradiction, and when faults stop, everything wanted is healthy
// or given up, every operation is finished, also when another cancels it, and of an application that was deleted or whose
// deploy was cancelled nothing is left.
func TestAnyOrderSettles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		spec := anySpec(rt)
		m := linetest.NewMemory(spec)
		w := linetest.New(t, spec, m)
		deleted := chaos(rt, w, m, spec)
		w.Settle()
		if err := linetest.Story(w.Log); err != nil {
			rt.Fatalf("%v\n%s", err, strings.Join(linetest.Topics(w.Log), "\n"))
		}
		if end, _ := finish(w, "deploy"); m.App.Gone != (deleted || end.Outcome == events.OutcomeCancelled) {
			rt.Fatalf("gone %v, deleted %v\n%s", m.App.Gone, deleted, strings.Join(linetest.Topics(w.Log), "\n"))
		}
		for _, c := range m.App.Wanted() {
			if c.Phase != rows.Healthy && !c.GivenUp() && !blocked(m, c) {
				rt.Fatalf("%s is %s: %s\n%s", c.Path(), c.Phase, c.Reason, strings.Join(linetest.Topics(w.Log), "\n"))
			}
			if c.Cause == rows.CauseImage {
				rt.Fatalf("%s is given up for an image that can be had\n%s", c.Path(), strings.Join(linetest.Topics(w.Log), "\n"))
			}
			if c.Generation != c.Floor+1 {
				rt.Fatalf("%s has generation %d above floor %d", c.Path(), c.Generation, c.Floor)
			}
		}
		if n, sizes := len(m.App.Wanted()), sizesOf(m); n != sizes {
			rt.Fatalf("%d containers are wanted, the entities have sizes of %d", n, sizes)
		}
		for _, o := range m.App.Operations {
			if o.Outcome == "" && !(o.Kind != "cancel" && anyBlocked(m)) {
				rt.Fatalf("operation %+v is open", o)
			}
		}
		if again := m.Deliver(0, events.ContainerGone{}); len(again) > 0 {
			rt.Fatalf("the rules are not at rest: %v", linetest.Topics(again))
		}
	})
}

// sizesOf is how many containers the entities of an application should have; none once it is withdrawn.
func sizesOf(m *linetest.Memory) int {
	n := 0
	for _, e := range m.App.Entities {
		if !m.App.Withdrawn {
			n += e.Size
		}
	}
	return n
}

// blocked is a container that rightly waits: what it waits for was given up.
func blocked(m *linetest.Memory, c *rows.Container) bool {
	if c.Phase != rows.Addressed {
		return false
	}
	return slices.ContainsFunc(m.App.Wanted(), (*rows.Container).GivenUp)
}

func anyBlocked(m *linetest.Memory) bool {
	return slices.ContainsFunc(m.App.Wanted(), func(c *rows.Container) bool { return blocked(m, c) })
}

// anySpec is an application of up to three entities, each of which may wait for those after it.
func anySpec(t *rapid.T) clocker.Application {
	spec := clocker.Application{ID: "app", Name: "app", Cloud: "my-docker-cloud"}
	n := rapid.IntRange(1, 3).Draw(t, "entities")
	for i := range n {
		e := clocker.Entity{ID: fmt.Sprintf("e%d", i), Size: rapid.IntRange(0, 3).Draw(t, "size"),
			Image: clocker.ImageSource{Reference: fmt.Sprintf("image%d", rapid.IntRange(0, 1).Draw(t, "image"))}}
		if i+1 < n && rapid.Bool().Draw(t, "latched") {
			e.Latch = &clocker.SensorRef{Entity: fmt.Sprintf("e%d", i+1), Sensor: clocker.SensorIsUp}
		}
		spec.Entities = append(spec.Entities, e)
	}
	return spec
}

// The same inputs in any order, with duplicates, end in the same rows.
func TestAnyOrderEndsInTheSameRows(t *testing.T) {
	t.Parallel()
	_, reference := setup(t, linetest.Shop())
	want := describe(reference)
	rapid.Check(t, func(rt *rapid.T) {
		m := linetest.NewMemory(linetest.Shop())
		w := linetest.New(t, linetest.Shop(), m)
		for steps := 0; !m.App.Healthy && steps < 500; steps++ {
			switch kind := rapid.IntRange(0, 3).Draw(rt, "kind"); {
			case kind < 2 && w.Pending() > 0:
				w.Deliver(rapid.IntRange(0, w.Pending()-1).Draw(rt, "which"))
			case kind == 2 && w.Past() > 0:
				again(rt, w)
			default:
				w.Step(rapid.IntRange(0, 5).Draw(rt, "assignment"))
			}
		}
		w.Settle()
		if got := describe(m); got != want {
			rt.Fatalf("rows:\n%s\nwant:\n%s", got, want)
		}
	})
}

// describe writes rows without their times.
func describe(m *linetest.Memory) string {
	var b strings.Builder
	a := m.App
	fmt.Fprintln(&b, a.ID, a.Known, a.Healthy, a.WasHealthy, a.Withdrawn, a.Gone, a.Reason)
	for _, c := range a.Wanted() {
		fmt.Fprintln(&b, c.Path(), c.Generation, c.Floor, c.Phase, c.Host, c.Address, c.Reason, c.Attempt, c.EngineID)
	}
	for _, s := range m.Assignments() {
		fmt.Fprintf(&b, "%+v\n", s)
	}
	for _, o := range a.Operations {
		fmt.Fprintln(&b, o.ID, o.Kind, o.Outcome, o.Reason)
	}
	return b.String()
}
