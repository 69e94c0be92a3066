package desired

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"clocker.io/pkg/clocker"

	"pgregory.net/rapid"
)

func assignment(ordinal int, revision int64, d clocker.Desired) clocker.Assignment {
	return clocker.Assignment{Container: clocker.Container{Application: "shop", UID: "u1", Entity: "web", Ordinal: ordinal, Generation: 1},
		Revision: revision, Desired: d}
}

func TestRunTakesWhatFollows(t *testing.T) {
	t.Parallel()
	known := Run{Epoch: 3, Revision: 5, Assignments: map[string]clocker.Assignment{"u1/web/0@1": assignment(0, 5, clocker.DesiredRunning)}}
	one := []clocker.Assignment{assignment(1, 6, clocker.DesiredRunning)}
	tests := []struct {
		name  string
		from  Run
		want  clocker.RunWant
		out   string // taken, ask, register, assignments
		epoch int64
	}{
		{"follows", known, clocker.RunWant{Host: "h", Epoch: 3, Previous: 5, Revision: 6, Assignments: one}, "true false false 2", 3},
		{"overlaps", known, clocker.RunWant{Host: "h", Epoch: 3, Previous: 2, Revision: 6, Assignments: one}, "true false false 2", 3},
		{"gap", known, clocker.RunWant{Host: "h", Epoch: 3, Previous: 6, Revision: 7, Assignments: one}, "false true false 1", 3},
		{"duplicate", known, clocker.RunWant{Host: "h", Epoch: 3, Previous: 4, Revision: 5, Assignments: one}, "false false false 1", 3},
		{"another host", known, clocker.RunWant{Host: "x", Epoch: 3, Previous: 5, Revision: 6, Assignments: one}, "false false false 1", 3},
		{"old epoch", known, clocker.RunWant{Host: "h", Epoch: 2, Revision: 9, Complete: true}, "false false false 1", 3},
		{"later epoch", known, clocker.RunWant{Host: "h", Epoch: 4, Previous: 5, Revision: 6, Assignments: one}, "false false true 1", 3},
		{"zero answer", known, clocker.RunWant{}, "false false false 1", 3},
		{"delta before the epoch's snapshot", known, clocker.RunWant{Host: "h", Epoch: 4, Previous: 5, Revision: 6, Assignments: one}, "false true false 1", 4},
		{"complete", known, clocker.RunWant{Host: "h", Epoch: 3, Revision: 6, Complete: true, Assignments: one}, "true false false 1", 3},
		{"complete, same revision", known, clocker.RunWant{Host: "h", Epoch: 3, Revision: 5, Complete: true}, "true false false 0", 3},
		{"complete, but older", known, clocker.RunWant{Host: "h", Epoch: 3, Revision: 4, Complete: true}, "false true false 1", 3},
		{"complete of a new epoch, database went back", known, clocker.RunWant{Host: "h", Epoch: 4, Revision: 1, Complete: true, Assignments: one}, "true false false 1", 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			next, o := tt.from.Apply(tt.want, "h", tt.epoch)
			if got := fmt.Sprint(o.Taken, o.Ask, o.Register, len(next.Assignments)); got != tt.out {
				t.Errorf("got %s, want %s", got, tt.out)
			}
		})
	}
}

// What an outcome lists as changed is what is kept on disk.
func TestAnyDifferenceOfAnAssignmentIsAChange(t *testing.T) {
	t.Parallel()
	was := assignment(0, 5, clocker.DesiredRunning)
	was.Env = []string{"A=1"}
	known := Run{Epoch: 3, Revision: 5, Assignments: map[string]clocker.Assignment{"u1/web/0@1": was}}
	for want, change := range map[string]func(a *clocker.Assignment){
		"[]":           func(a *clocker.Assignment) { a.Env = []string{"A=1"} },
		"[u1/web/0@1]": func(a *clocker.Assignment) { a.Env = []string{"A=2"} },
	} {
		a := was
		change(&a)
		_, o := known.Apply(clocker.RunWant{Host: "h", Epoch: 3, Revision: 5, Complete: true, Assignments: []clocker.Assignment{a}}, "h", 3)
		if got := fmt.Sprint(o.Changed); !o.Taken || got != want {
			t.Errorf("%s changed, want %s", got, want)
		}
	}
}

// Whatever is lost, doubled or comes late, an agent that asks when it is told to ends with what control has.
func TestRunConverges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		control := map[int]clocker.Assignment{}
		revision := int64(0)
		var sent []clocker.RunWant
		agent := Run{}
		ask := true
		complete := func() clocker.RunWant {
			return clocker.RunWant{Host: "h", Epoch: 1, Revision: revision, Complete: true, Assignments: slices.Collect(maps.Values(control))}
		}
		take := func(w clocker.RunWant) {
			var o Outcome
			agent, o = agent.Apply(w, "h", 1)
			ask = ask && !(o.Taken && w.Complete) || o.Ask
		}
		rt.Repeat(map[string]func(*rapid.T){
			"change": func(rt *rapid.T) {
				revision++
				n := rapid.IntRange(0, 3).Draw(rt, "ordinal")
				control[n] = assignment(n, revision, rapid.SampledFrom([]clocker.Desired{clocker.DesiredRunning, clocker.DesiredRemoved}).Draw(rt, "desired"))
				sent = append(sent, clocker.RunWant{Host: "h", Epoch: 1, Previous: revision - 1, Revision: revision,
					Assignments: []clocker.Assignment{control[n]}})
			},
			"deliver": func(rt *rapid.T) {
				if len(sent) > 0 {
					take(sent[rapid.IntRange(0, len(sent)-1).Draw(rt, "which")])
				}
			},
			"snapshot": func(*rapid.T) {
				if ask {
					take(complete())
				}
			},
			"": func(*rapid.T) {},
		})
		if agent.Revision != revision || ask {
			take(complete())
		}
		for _, a := range control {
			if got := agent.Assignments[fmt.Sprintf("u1/web/%d@1", a.Ordinal)]; got.Revision != a.Revision || got.Desired != a.Desired {
				rt.Fatalf("agent has %+v, control %+v", got, a)
			}
		}
		if len(agent.Assignments) != len(control) {
			rt.Fatalf("agent has %d assignments, control %d", len(agent.Assignments), len(control))
		}
	})
}

func update(revision, previous int64, complete bool, ends ...clocker.Endpoint) clocker.NetworkUpdate {
	return clocker.NetworkUpdate{Network: clocker.Network{ID: "u1"}, Revision: revision, Previous: previous, Complete: complete, Endpoints: ends}
}

func TestNetworks(t *testing.T) {
	t.Parallel()
	c := clocker.Container{Application: "shop", UID: "u1", Entity: "web", Generation: 2}
	here := clocker.Endpoint{Container: c, Address: "10.0.0.2", Host: "h"}
	older := here
	older.Generation = 1
	elsewhere := here
	elsewhere.Host = "x"
	gone := here
	gone.Removed = true
	a := clocker.Assignment{Container: c, Network: "u1", Address: "10.0.0.2"}
	base, _ := Networks(nil).Apply(update(1, 0, true, here))
	tests := []struct {
		name   string
		from   Networks
		update clocker.NetworkUpdate
		out    string // taken, ask, settings, gate open
	}{
		{"first", nil, update(1, 0, true, here), "true false true true"},
		{"first is no complete one", nil, update(2, 1, false, here), "false true false false"},
		{"follows", base, update(2, 1, false, older), "true false false false"},
		{"moves away", base, update(2, 1, false, elsewhere), "true false false false"},
		{"is removed", base, update(2, 1, false, gone), "true false false false"},
		{"gap", base, update(3, 2, false, gone), "false true false true"},
		{"duplicate", base, update(1, 0, false, gone), "false false false true"},
		{"complete again", base, update(1, 0, true, here), "true false false true"},
		{"complete replaces", base, update(4, 0, true), "true false false false"},
		{"late complete one", base, update(0, 0, true), "false false false true"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			next, o := tt.from.Apply(tt.update)
			if got := fmt.Sprint(o.Taken, o.Ask, o.Settings, next.Gate(a, "h").Open); got != tt.out {
				t.Errorf("got %s, want %s", got, tt.out)
			}
		})
	}
}

// Who looks at a container does so because its gate may have opened or closed: not because another one's did, and not
// because somebody became healthy.
func TestOnlyAddressesWithAnotherOwnerHaveMoved(t *testing.T) {
	t.Parallel()
	end := func(ordinal int, generation int64, host string) clocker.Endpoint {
		c := clocker.Container{Application: "shop", UID: "u1", Entity: "web", Ordinal: ordinal, Generation: generation}
		return clocker.Endpoint{Container: c, Address: fmt.Sprintf("10.0.0.%d", ordinal), Host: host}
	}
	healthy, gone := end(1, 1, "h"), end(2, 1, "h")
	healthy.Healthy, gone.Removed = true, true
	base, _ := Networks(nil).Apply(update(1, 0, true, end(1, 1, "h"), end(2, 1, "h")))
	for _, tt := range []struct {
		name   string
		update clocker.NetworkUpdate
		moved  string
	}{
		{"healthy", update(2, 1, false, healthy), "[]"},
		{"a new one", update(2, 1, false, healthy, end(3, 1, "h")), "[{u1 10.0.0.3}]"},
		{"another generation", update(2, 1, false, end(2, 2, "h")), "[{u1 10.0.0.2}]"},
		{"another host", update(2, 1, false, end(1, 1, "x")), "[{u1 10.0.0.1}]"},
		{"removed", update(2, 1, false, gone), "[{u1 10.0.0.2}]"},
		{"complete without one", update(2, 0, true, healthy), "[{u1 10.0.0.2}]"},
		{"complete again", update(1, 0, true, healthy, end(2, 1, "h")), "[]"},
	} {
		_, o := base.Apply(tt.update)
		if got := fmt.Sprint(o.Moved); got != tt.moved {
			t.Errorf("%s: %s moved, want %s", tt.name, got, tt.moved)
		}
		_, o = base.Replace(clocker.NetworkSnapshot{Host: "h", Networks: []clocker.NetworkUpdate{tt.update}}, "h", base)
		if got := fmt.Sprint(o.Moved); tt.update.Complete && got != tt.moved {
			t.Errorf("%s, in a snapshot: %s moved, want %s", tt.name, got, tt.moved)
		}
	}
}

func TestNetworkSnapshot(t *testing.T) {
	t.Parallel()
	known, _ := Networks(nil).Apply(update(1, 0, true))
	empty := clocker.NetworkSnapshot{Host: "h"}
	if next, o := known.Replace(empty, "h", known); len(next) != 0 || len(o.Gone) != 1 {
		t.Errorf("a snapshot without it: %v, %+v", next, o)
	}
	if next, o := known.Replace(empty, "h", nil); len(next) != 1 || len(o.Gone) != 0 {
		t.Errorf("told of after the question: %v, %+v", next, o)
	}
	if next, o := known.Replace(clocker.NetworkSnapshot{}, "h", known); len(next) != 1 || o.Taken {
		t.Errorf("an empty answer: %v, %+v", next, o)
	}
}

func TestImages(t *testing.T) {
	t.Parallel()
	known, _ := Images{}.Apply(clocker.ImageWant{Host: "h", Epoch: 1, Revision: 2, Complete: true, Jobs: []clocker.ImageJob{{Key: "a"}}}, "h", 1)
	next, o := known.Apply(clocker.ImageWant{Host: "h", Epoch: 1, Previous: 2, Revision: 3,
		Jobs: []clocker.ImageJob{{Key: "a", Removed: true}, {Key: "b"}}}, "h", 1)
	if _, ok := next.Jobs["a"]; ok || len(next.Jobs) != 1 || len(o.Changed) != 2 || len(known.Jobs) != 1 {
		t.Errorf("%+v %+v, before %+v", next, o, known)
	}
	if next, o := known.Apply(clocker.ImageWant{Host: "h", Epoch: 1, Previous: 4, Revision: 5}, "h", 1); !o.Ask || next.Revision != 2 {
		t.Errorf("gap: %+v %+v", next, o)
	}
}
