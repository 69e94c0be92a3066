package life

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func holder(generation int64) Holder { return Holder{Generation: generation, Host: "localhost"} }

func TestLife(t *testing.T) {
	t.Parallel()
	place := func(g int64) func(*Life) { return func(l *Life) { l.Place(holder(g)) } }
	remove := func(g int64) func(*Life) { return func(l *Life) { l.Remove(holder(g)) } }
	withdraw := func(g int64, assigned, final bool) func(*Life) {
		return func(l *Life) {
			l.Withdraw(Parting{Generation: g, Host: "localhost", Assigned: assigned, Final: final})
		}
	}
	hear := func(g int64, healthy bool, n int64) func(*Life) { return func(l *Life) { l.Hear(g, healthy, n) } }
	for _, c := range []struct {
		name     string
		do       []func(*Life)
		live     int64
		healthy  bool
		ended    bool
		released string // generation and whether kept
	}{
		{name: "placed", do: []func(*Life){place(1)}, live: 1},
		{name: "placed again", do: []func(*Life){place(1), place(1)}, live: 1},
		{name: "a newer one waits", do: []func(*Life){place(1), place(2)}, live: 1},
		{name: "an older one comes late", do: []func(*Life){place(2), place(1)}, live: 2},
		{name: "withdrawn before it is placed", do: []func(*Life){withdraw(1, false, true), place(1)}, ended: true, released: "1 gone"},
		{name: "withdrawn, not assigned", do: []func(*Life){place(1), withdraw(1, false, false)}, released: "1 kept"},
		{name: "withdrawn, assigned", do: []func(*Life){place(1), withdraw(1, true, false)}, live: 1},
		{name: "removed, not withdrawn yet", do: []func(*Life){place(1), remove(1)}},
		{name: "removed, then withdrawn", do: []func(*Life){place(1), remove(1), withdraw(1, true, true)}, ended: true, released: "1 gone"},
		{name: "replaced", do: []func(*Life){place(1), withdraw(1, true, false), place(2), remove(1)}, live: 2, released: "1 kept"},
		{name: "replaced after it is removed", do: []func(*Life){place(1), withdraw(1, true, false), remove(1), place(2)}, live: 2, released: "1 kept"},
		{
			name: "the newer is withdrawn while the older lives",
			do:   []func(*Life){place(1), withdraw(1, true, false), place(2), withdraw(2, false, true)}, live: 1,
		},
		{
			name:  "and both let go in order",
			do:    []func(*Life){place(1), withdraw(1, true, false), place(2), withdraw(2, false, true), remove(1)},
			ended: true, released: "1 kept 2 gone",
		},
		{
			name: "wanted again after its end", do: []func(*Life){place(1), withdraw(1, false, true), place(2)}, live: 2, released: "1 gone",
		},
		{
			name:  "an older one is withdrawn after the end",
			do:    []func(*Life){withdraw(2, false, true), withdraw(1, false, false)},
			ended: true, released: "2 gone 1 gone",
		},
		{name: "healthy", do: []func(*Life){place(1), hear(1, true, 5)}, live: 1, healthy: true},
		{name: "unhealthy, then older news", do: []func(*Life){place(1), hear(1, false, 6), hear(1, true, 5)}, live: 1},
		{name: "healthy, but withdrawn", do: []func(*Life){place(1), withdraw(1, true, false), hear(1, true, 5)}, live: 1},
		{name: "news of another generation", do: []func(*Life){place(1), place(2), hear(2, true, 5)}, live: 1},
		{name: "the next begins unhealthy", do: []func(*Life){place(1), hear(1, true, 5), place(2), remove(1)}, live: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var l Life
			var released []string
			for _, do := range c.do {
				do(&l)
				for _, r := range l.Settle() {
					word := map[bool]string{true: "kept", false: "gone"}[r.Kept]
					released = append(released, fmt.Sprint(r.Generation, " ", word))
				}
			}
			got := fmt.Sprint(l.Live.Generation, l.Healthy, l.Ended(), join(released))
			if want := fmt.Sprint(c.live, c.healthy, c.ended, c.released); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		})
	}
}

func join(words []string) string {
	s := ""
	for i, w := range words {
		if i > 0 {
			s += " "
		}
		s += w
	}
	return s
}

// A story is what happens to an identity of several generations; all of its facts in any order and number must lead to
// the same end: each generation released once, nothing alive.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		generations := rapid.Int64Range(1, 4).Draw(t, "generations")
		var facts []func(*Life)
		for g := int64(1); g <= generations; g++ {
			assigned := rapid.Bool().Draw(t, "assigned")
			final := g == generations
			facts = append(facts,
				func(l *Life) { l.Place(holder(g)) },
				func(l *Life) { l.Hear(g, true, g*10) },
				func(l *Life) { l.Hear(g, false, g*10+1) },
				func(l *Life) { l.Withdraw(Parting{Generation: g, Assigned: assigned, Final: final}) })
			if assigned {
				facts = append(facts, func(l *Life) { l.Remove(holder(g)) })
			}
		}
		facts = append(facts, rapid.SliceOfN(rapid.SampledFrom(facts), 0, 4).Draw(t, "twice")...)
		facts = rapid.Permutation(facts).Draw(t, "order")
		var l Life
		var released []int64
		for _, f := range facts {
			live := l.Live.Generation
			f(&l)
			if l.Live.Generation != 0 && l.Live.Generation < live {
				t.Fatalf("went back from %d to %d", live, l.Live.Generation)
			}
			for _, r := range l.Settle() {
				released = append(released, r.Generation)
				if l.Live.Generation != 0 && l.Live.Generation <= r.Generation {
					t.Fatalf("released %d while %d lives", r.Generation, l.Live.Generation)
				}
			}
		}
		slices.Sort(released)
		if int64(len(slices.Compact(released))) != generations || int64(len(released)) != generations || l.Live.Generation != 0 || !l.Ended() {
			t.Fatalf("released %v of %d, live %d, ended %v", released, generations, l.Live.Generation, l.Ended())
		}
	})
}

func TestForget(t *testing.T) {
	t.Parallel()
	var l Life
	for g := range int64(3 * remembered) {
		l.Withdraw(Parting{Generation: g + 1})
		l.Settle()
	}
	if len(l.Parting) != remembered || l.Floor != 3*remembered || l.Place(holder(1)) {
		t.Fatal(len(l.Parting), l.Floor)
	}
}
