package up

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
)

// once are what is stated once about each generation of a container, when it is.
var once = []string{"container.requested", "container.placed", "container.addressed", "container.cleared", "container.started",
	"container.withdrawn", "container.removed", "address.released", "container.released", "container.gone"}

// tally counts events by container, generation and topic.
func tally(t *testing.T, log []events.CloudEvent) map[string]map[string]int {
	t.Helper()
	out := map[string]map[string]int{}
	for _, e := range log {
		topic, _ := events.TopicOf(e.Type)
		var c clocker.Container
		if err := json.Unmarshal(e.Data, &c); err != nil {
			t.Fatal(err)
		}
		if c.Generation == 0 || !slices.Contains(once, topic) {
			continue
		}
		key := fmt.Sprintf("%s g%d", c.Path(), c.Generation)
		if out[key] == nil {
			out[key] = map[string]int{}
		}
		out[key][topic]++
	}
	return out
}

func TestEveryEventTwiceAndOutOfOrderEndsInTheSameStateWithEachEffectOnce(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s, late, st := disordered(t, seed)
	uid := s.deploy("shop", 12)
	s.deploy("blog", 8)
	s.deploy("wiki", 5)
	for id, size := range map[string]int{"shop": 12, "blog": 8, "wiki": 5} {
		s.healthy(id, size)
	}
	failing := clocker.Container{Application: "shop", UID: uid, Entity: "web", Ordinal: 4, Generation: 1}
	if !s.agent.Fail(failing) {
		t.Fatal("shop/web/4 does not run")
	}
	s.ask(http.MethodPost, "/v1/applications/blog/entities/web/resize", `{"size":3}`)
	s.ask(http.MethodPost, "/v1/applications/wiki/restart", "")
	s.eventually("the replacement, the smaller blog and the new generations of the wiki", func() error {
		generations := map[string]int{}
		for c := range s.agent.Running() {
			generations[fmt.Sprintf("%s g%d", c.Application, c.Generation)]++
		}
		want := map[string]int{"shop g1": 11, "shop g2": 1, "blog g1": 3, "wiki g2": 5}
		if !maps.Equal(generations, want) {
			return fmt.Errorf("running: %v", generations)
		}
		return nil
	})
	s.healthy("shop", 12)
	s.healthy("blog", 3)
	s.healthy("wiki", 5)
	s.distinctAddresses(20)
	late() // copies of what is long over
	s.ask(http.MethodDelete, "/v1/applications/wiki", "")
	s.gone("wiki")
	s.healthy("shop", 12)
	s.healthy("blog", 3)
	for _, id := range []string{"shop", "blog"} {
		s.ask(http.MethodDelete, "/v1/applications/"+id, "")
	}
	s.gone("shop")
	s.gone("blog")
	late()
	s.nothingLeft()

	counts := tally(t, s.log())
	if len(counts) != 12+1+8+5+5 {
		t.Errorf("%d generations of containers, want 31: %v", len(counts), slices.Sorted(maps.Keys(counts)))
	}
	for generation, topics := range counts {
		for _, topic := range once {
			if topics[topic] != 1 {
				t.Errorf("%s: %d events %s, want 1", generation, topics[topic], topic)
			}
		}
	}
	for c, n := range s.agent.Starts() {
		if n != 1 {
			t.Errorf("%s was started %d times", c.EngineName(), n)
		}
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	t.Logf("%d deliveries, %d of them repeated, %d backwards", st.delivered, st.repeats, st.backwards)
	if st.repeats < st.delivered/3 || st.backwards < st.delivered/10 {
		t.Errorf("too orderly to show anything: %d deliveries, %d repeated, %d backwards", st.delivered, st.repeats, st.backwards)
	}
}

// distinctAddresses waits until there are n containers, and makes sure that each has an address of its own.
func (s *simulated) distinctAddresses(n int) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%d containers", n), func() error {
		var page struct {
			Items []struct{ Container, Address string }
		}
		s.call(http.MethodGet, "/v1/containers?limit=1000", "", &page)
		if len(page.Items) != n { // those that are withdrawn are shown until they are gone
			return fmt.Errorf("there are %d", len(page.Items))
		}
		holder := map[string]string{}
		for _, c := range page.Items {
			if c.Address == "" || holder[c.Address] != "" {
				s.t.Errorf("%s has the address %q, which %q has", c.Container, c.Address, holder[c.Address])
			}
			holder[c.Address] = c.Container
		}
		return nil
	})
}

// nothingLeft waits until no row of what was is left, then checks that nothing was lost on the way.
func (s *simulated) nothingLeft() {
	s.t.Helper()
	s.eventually("nothing to be left", func() error {
		for _, table := range []string{"scheduler.reservations", "scheduler.parked", "scheduler.ports", "ipam.leases", "ipam.endpoints",
			"ipam.parked", "policy.assignments", "events.outbox"} {
			if rows := pgtest.Query(s.t, s.db, `select * from `+table); len(rows) > 0 {
				return fmt.Errorf("%s: %v", table, rows)
			}
		}
		if rows := pgtest.Query(s.t, s.db, `select 1 from api.operations where state = 'running'`); len(rows) > 0 {
			return fmt.Errorf("%d operations are not finished", len(rows))
		}
		return nil
	})
	if list := s.letters(); len(list) != 0 {
		s.t.Errorf("dead letters: %+v", list)
	}
	var audit struct{ OK bool }
	if s.call(http.MethodGet, "/v1/audit/verify", "", &audit); !audit.OK {
		s.t.Error("the log does not verify")
	}
	for _, row := range pgtest.Query(s.t, s.db, `
		select topic, count(*) as n from events.events where topic in ('operation.finished', 'operation.requested', 'application.submitted')
		group by topic`) {
		want := map[string]int64{"application.submitted": 3, "operation.requested": 5, "operation.finished": 8}
		if topic := row["topic"].(string); row["n"].(int64) != want[topic] {
			s.t.Errorf("%d events %s, want %d", row["n"], topic, want[topic])
		}
	}
}
