package want

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"clocker.io/pkg/clocker"

	"pgregory.net/rapid"
)

func TestResize(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		have      []int
		size      int
		add, drop []int
	}{
		{"from nothing", nil, 3, []int{0, 1, 2}, nil},
		{"same", []int{0, 1}, 2, nil, nil},
		{"lowest free first", []int{1, 4}, 5, []int{0, 2, 3}, nil},
		{"highest dropped first", []int{0, 2, 5}, 1, nil, []int{5, 2}},
		{"to nothing", []int{0, 1}, 0, nil, []int{1, 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			add, drop := Resize(tc.have, tc.size)
			if !slices.Equal(add, tc.add) || !slices.Equal(drop, tc.drop) {
				t.Errorf("add %v drop %v, want %v and %v", add, drop, tc.add, tc.drop)
			}
		})
	}
}

func TestResizeReachesTheSize(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		have := rapid.SliceOfDistinct(rapid.IntRange(0, 50), rapid.ID[int]).Draw(t, "have")
		size := rapid.IntRange(0, 60).Draw(t, "size")
		add, drop := Resize(have, size)
		if len(add) > 0 && len(drop) > 0 {
			t.Fatalf("adds %v and drops %v", add, drop)
		}
		after := map[int]bool{}
		for _, n := range have {
			after[n] = true
		}
		for _, n := range drop {
			if !after[n] {
				t.Fatalf("drops %d, which is not there", n)
			}
			delete(after, n)
		}
		for _, n := range add {
			if after[n] {
				t.Fatalf("adds %d again", n)
			}
			after[n] = true
		}
		if len(after) != size {
			t.Fatalf("ends with %d members, want %d", len(after), size)
		}
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   string
		want Target
		ok   bool
	}{
		{"shop", Target{"shop", "", -1}, true},
		{"shop/web", Target{"shop", "web", -1}, true},
		{"shop/web/0", Target{"shop", "web", 0}, true},
		{"", Target{}, false},
		{"shop/", Target{}, false},
		{"shop/web/-1", Target{}, false},
		{"shop/web/x", Target{}, false},
		{"shop/web/0/1", Target{}, false},
	} {
		got, err := Parse(tc.in)
		if (err == nil) != tc.ok || got != tc.want {
			t.Errorf("%q: %+v, %v", tc.in, got, err)
		}
		if err != nil && clocker.CodeOf(err) != clocker.Invalid {
			t.Errorf("%q: error %v has no code for users", tc.in, err)
		}
	}
}

func TestSizeRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "{}", `{"size":"3"}`, `{"size":-1}`, `{"size":100001}`} {
		if _, err := Size(json.RawMessage(in)); clocker.CodeOf(err) != clocker.Invalid {
			t.Errorf("%s: error %v", in, err)
		}
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	queue := []Candidate{{"web", 1, false}, {"web", 0, false}, {"store", 0, false}, {"web", 7, true}}
	for _, tc := range []struct {
		inLine int
		want   []Candidate
	}{
		{0, []Candidate{{"web", 7, true}, {"store", 0, false}, {"web", 0, false}, {"web", 1, false}}},
		{2, []Candidate{{"web", 7, true}, {"store", 0, false}}},
		{4, nil},
		{9, nil},
	} {
		if got := Next(queue, []string{"store", "web"}, tc.inLine, 4); !slices.Equal(got, tc.want) {
			t.Errorf("with %d in the line: %v, want %v", tc.inLine, got, tc.want)
		}
	}
}

func TestOrderPutsWhatIsWaitedForFirst(t *testing.T) {
	t.Parallel()
	latch := func(id string) *clocker.SensorRef { return &clocker.SensorRef{Entity: id, Sensor: clocker.SensorIsUp} }
	value := func(id string) []clocker.EnvVar {
		ref := clocker.Value{Ref: &clocker.SensorRef{Entity: id, Sensor: clocker.SensorAddress}}
		return []clocker.EnvVar{{Name: "X", Value: clocker.Value{Format: "%s", Args: []clocker.Value{ref}}}}
	}
	for _, tc := range []struct {
		name string
		in   []clocker.Entity
		want []string
	}{
		{"as in the document", []clocker.Entity{{ID: "a"}, {ID: "b"}}, []string{"a", "b"}},
		{"latch", []clocker.Entity{{ID: "web", Latch: latch("store")}, {ID: "other"}, {ID: "store"}}, []string{"store", "web", "other"}},
		{"value", []clocker.Entity{{ID: "web", Env: value("store")}, {ID: "store", Latch: latch("disk")}, {ID: "disk"}},
			[]string{"disk", "store", "web"}},
		{"circle", []clocker.Entity{{ID: "a", Latch: latch("b")}, {ID: "b", Latch: latch("a")}}, []string{"b", "a"}},
		{"nobody", []clocker.Entity{{ID: "a", Latch: latch("x")}}, []string{"a"}},
	} {
		if got := Order(tc.in); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func ExampleRequest() {
	e := clocker.Entity{ID: "web", OpenPorts: []clocker.Port{{Port: 80, Protocol: "tcp"}}, DirectPorts: []clocker.Port{{Port: 443, Protocol: "tcp"}}}
	r := Request(clocker.Application{Cloud: "my-docker-cloud"}, e, clocker.Container{Application: "shop", Entity: "web"}, "", "initial")
	fmt.Println(r.Cloud, r.Ports)
	// Output: my-docker-cloud [{80 0 tcp false} {443 443 tcp true}]
}
