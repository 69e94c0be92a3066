package up

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg/pgtest"
)

// replayed is what /v1/audit/replay?check answers.
type replayed struct {
	OK          bool
	Count       int
	Events      int
	Waiting     int
	Rows        map[string]int
	Differences []struct{ Table, Key, Field, Log, View string }
}

func (s *simulated) replay() (r replayed) {
	s.t.Helper()
	if status := s.call(http.MethodGet, "/v1/audit/replay?check=true", "", &r); status != http.StatusOK {
		s.t.Fatalf("replay: %d", status)
	}
	return r
}

// While applications come, crash, are replaced, restarted, resized and go, the log and what waits for a number tell at
// every moment exactly what the views show.
func TestTheLogTellsAtEveryMomentWhatTheViewsShow(t *testing.T) {
	t.Parallel()
	s := simulate(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	var looking sync.WaitGroup
	looks, waiting := 0, 0
	looking.Go(func() {
		for ctx.Err() == nil {
			r := s.replay()
			looks++
			if r.Waiting > 0 {
				waiting++
			}
			if !r.OK {
				t.Errorf("look %d, after %d events and %d that wait: %+v", looks, r.Events, r.Waiting, r.Differences)
				return
			}
		}
	})
	s.busy()
	stop()
	looking.Wait()
	r := s.replay()
	t.Logf("%d events, %d looks while they came, %d of them with events that had no number yet; rows %v", r.Events, looks, waiting, r.Rows)
	if !r.OK || looks < 5 {
		t.Errorf("%d looks, %+v", looks, r)
	}
	for _, table := range []string{"applications", "operations", "health", "entities", "containers", "placements", "leases",
		"endpoints", "images", "hosts", "tokens"} {
		if r.Rows[table] == 0 {
			t.Errorf("no row of %s was compared", table)
		}
	}
	if !t.Failed() {
		s.planted()
	}
}

// busy has everything happen to some applications; of some, something is left.
func (s *simulated) busy() {
	s.t.Helper()
	ask := func(method, path, body string) {
		s.t.Helper()
		if status := s.call(method, path, body, nil); status/100 != 2 {
			s.t.Fatalf("%s %s: %d", method, path, status)
		}
	}
	ask(http.MethodPost, "/v1/tokens", `{"name":"ci","role":"deployer"}`)
	uid := s.deploy("shop", 12)
	s.deploy("blog", 5)
	s.deploy("late", 30)
	s.healthy("shop", 12)
	web := func(ordinal int) clocker.Container {
		return clocker.Container{Application: "shop", UID: uid, Entity: "web", Ordinal: ordinal, Generation: 1}
	}
	anew := web(4)
	anew.Generation = 2
	s.agent.Refuse(anew, 2)
	for i := range 4 {
		s.agent.Crash(web(i))
		s.agent.Fail(web(i + 4))
	}
	s.eventually("the replacements", func() error {
		running := s.agent.Running()
		for i := 4; i < 8; i++ {
			c := web(i)
			c.Generation = 2
			if _, ok := running[c]; !ok {
				return fmt.Errorf("%s does not run", c.EngineName())
			}
		}
		return nil
	})
	s.healthy("shop", 12)
	ask(http.MethodPost, "/v1/applications/shop/entities/web/resize", `{"size":3}`)
	ask(http.MethodPost, "/v1/applications/blog/restart", "")
	ask(http.MethodPost, "/v1/applications/shop/entities/web/resize", `{"size":9}`)
	ask(http.MethodDelete, "/v1/applications/late", "")
	ask(http.MethodPost, "/v1/hosts/localhost/cordon", "")
	ask(http.MethodPost, "/v1/hosts/localhost/uncordon", "")
	s.healthy("shop", 9)
	s.healthy("blog", 5)
	s.eventually("the end of late", func() error {
		if status := s.call(http.MethodGet, "/v1/applications/late", "", nil); status != http.StatusNotFound {
			return fmt.Errorf("the API answers %d", status)
		}
		return nil
	})
}

// planted changes rows behind the services' backs, one after the other: each is found and named.
func (s *simulated) planted() {
	s.t.Helper()
	const shop = `application = 'shop' and entity = 'web' and ordinal = 0`
	for _, p := range []struct{ sql, undo, want string }{
		{`update policy.containers c set host = 'elsewhere' from policy.applications a where a.uid = c.uid and ` + shop + ` and a.application = 'shop'`,
			`update policy.containers set host = 'localhost' where host = 'elsewhere'`, "containers shop/web/0 g1 host localhost elsewhere"},
		{`update ipam.leases set mac = '02:42:00:00:00:01' where mac in (select mac from ipam.v_leases where ` + shop + `)`,
			`update ipam.leases set mac = '02:42:' || (select string_agg(lpad(to_hex(b::int), 2, '0'), ':' order by n) from
				unnest(string_to_array(host(address), '.')) with ordinality x(b, n)) where mac = '02:42:00:00:00:01'`,
			"leases shop/web/0 mac 02:42:"},
		{`update api.applications set cloud = 'mine' where application = 'blog'`,
			`update api.applications set cloud = 'my-docker-cloud' where application = 'blog'`, "applications  cloud my-docker-cloud mine"},
		{`update policy.entities set size = 90 where size = 9`, `update policy.entities set size = 9 where size = 90`, "entities shop/web size 9 90"},
		{`update provisioner.hosts set memory = memory + 1`, `update provisioner.hosts set memory = memory - 1`, "hosts localhost memory"},
		{`update api.tokens set role = 'admin' where name = 'ci'`, `update api.tokens set role = 'deployer' where name = 'ci'`, "tokens  role deployer admin"},
		{`insert into scheduler.ports values ('localhost', 'tcp', 50000, 'x', 'x', 'x', 0, 1, 80, false);
			insert into scheduler.reservations values ('x', 'x', 'x', 0, 1, 'my-docker-cloud', 'localhost', 0, 0)`,
			`delete from scheduler.reservations where uid = 'x'; delete from scheduler.ports where uid = 'x'`, "placements x/x/0 g1 of x  nothing cloud=my-docker-cloud"},
	} {
		pgtest.Exec(s.t, s.db, p.sql)
		r := s.replay()
		if r.OK || r.Count != 1 || len(r.Differences) != 1 {
			s.t.Errorf("%s: %+v", p.sql, r.Differences)
		} else {
			d := r.Differences[0]
			got := fmt.Sprintf("%s %s %s %s %s", d.Table, d.Key, d.Field, d.Log, d.View)
			for _, word := range strings.Fields(p.want) {
				if !strings.Contains(got, word) {
					s.t.Errorf("%s: got %q, which does not name %q", p.sql, got, word)
				}
			}
		}
		pgtest.Exec(s.t, s.db, p.undo)
		if r := s.replay(); !r.OK {
			s.t.Fatalf("%s: not as it was: %+v", p.undo, r.Differences)
		}
	}
}
