package push_test

import (
	"encoding/json"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/pkg/snapshot"
	"clocker.io/services/ipam/internal/pool"
	"clocker.io/services/ipam/internal/push"
	"clocker.io/services/ipam/internal/store"
)

// most is how large a message about networks may be: an eighth of what NATS takes.
const most = 1 << 20

// crowded is ipam whose one host has many networks, of which u0500 has more endpoints than go into a message; its updates
// are given to publish.
func crowded(t *testing.T, networks, endpoints int, publish func(subject string, v any) error) (*pg.DB, *push.Pusher) {
	t.Helper()
	db := pgtest.Open(t, "ipam", store.Schema())
	unit := pg.NewUnit(db, store.Bind(store.Options{
		Pool: pool.Settings{Pool: netip.MustParsePrefix("10.200.0.0/13"), Bits: 22}, MTU: 1450,
		Push: func(string, string) {}, Retry: func(string) {},
	}))
	exec := func(sql string, args ...any) { t.Helper(); pgtest.Exec(t, db, sql, args...) }
	id := `'u' || lpad(n::text, 4, '0')`
	exec(`insert into ipam.applications (uid, application) select `+id+`, $2::text || n from generate_series(1, $1::int) n`, networks, strings.Repeat("a", 36))
	exec(`insert into ipam.networks (network, application, cidr, ip_range, mtu, low, high, revision)
		select `+id+`, $2::text || n, set_masklen('10.0.0.0'::inet + n * 32768, 17)::cidr, '10.0.0.0/28', 1450, '10.0.0.0', '10.0.0.0', 9
		from generate_series(1, $1::int) n`, networks, strings.Repeat("a", 36))
	exec(`insert into ipam.gateways (network, host, address) select network, 'localhost', host(cidr)::inet + 1 from ipam.networks`)
	exec(`insert into ipam.endpoints (uid, entity, ordinal, application, address, generation, host, revision)
		select 'u0500', $2::text, n, $2::text, '10.0.0.0'::inet + 500 * 32768 + n, 1, $2::text, (n + 1) / 2
		from generate_series(1, $1::int) n`, endpoints, strings.Repeat("e", 40)) // two of a revision
	exec(`update ipam.networks set revision = $1 where network = 'u0500'`, endpoints)
	return db, push.New(db, unit, publish, slog.New(slog.DiscardHandler), nil)
}

func size(t *testing.T, v any) int {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return len(text)
}

// ask asks for all pages, with change between them.
func ask(t *testing.T, p *push.Pusher, change func(page int)) (clocker.NetworkSnapshot, error) {
	t.Helper()
	pages := 0
	return snapshot.Networks(func(at clocker.Page) (clocker.NetworkSnapshot, error) {
		s, err := p.Answer(t.Context(), clocker.SubjectAsk+"localhost", clocker.Ask{Kind: clocker.AskNetworks, Host: "localhost", Page: &at})
		if n := size(t, s); n > most {
			t.Errorf("a page is of %d bytes", n)
		}
		pages++
		change(pages)
		return s, err
	})
}

func TestNetworksComeInPages(t *testing.T) {
	t.Parallel()
	const networks, endpoints = 1100, 5001
	db, p := crowded(t, networks, endpoints, nil)
	whole := clocker.Ask{Kind: clocker.AskNetworks, Host: "localhost"}
	if _, err := p.Answer(t.Context(), clocker.SubjectAsk+"localhost", whole); clocker.CodeOf(err) != clocker.Invalid {
		t.Errorf("who knows of no pages, and would take the first for all: %v", err)
	}
	raise := `update ipam.networks set revision = revision + 1 where network = 'u0500'`
	set := `update ipam.endpoints set revision = (select revision from ipam.networks where network = 'u0500'), generation = $2 where ordinal = $1`
	s, err := ask(t, p, func(page int) {
		if page == 2 { // the first endpoints are told; what of them changes comes again
			for ordinal, generation := range map[int]int{1: 0, 2: 7, endpoints: 8} {
				pgtest.Exec(t, db, raise)
				pgtest.Exec(t, db, set, ordinal, generation)
			}
		}
	})
	if err != nil || s.Host != "localhost" || len(s.Networks) != networks {
		t.Fatalf("%d networks, %v", len(s.Networks), err)
	}
	seen := map[int]clocker.Endpoint{}
	for _, u := range s.Networks {
		if !u.Complete || u.Previous != 0 {
			t.Errorf("network %s from revision %d, complete %v", u.Network.ID, u.Previous, u.Complete)
		}
		for _, e := range u.Endpoints {
			seen[e.Ordinal] = e
		}
		if u.Network.ID == "u0500" && u.Revision != endpoints+3 {
			t.Errorf("the large network is at revision %d", u.Revision)
		}
	}
	if _, there := seen[1]; there || len(seen) != endpoints-1 || seen[2].Generation != 7 || seen[endpoints].Generation != 8 {
		t.Errorf("%d endpoints, the first there: %v, generations %d and %d", len(seen), there, seen[2].Generation, seen[endpoints].Generation)
	}
	// A network that ends while it is told leaves no half of it behind.
	_, err = ask(t, p, func(page int) {
		if page == 2 {
			pgtest.Exec(t, db, `update ipam.networks set gone_at = now() where network = 'u0500'`)
		}
	})
	if err == nil || !strings.Contains(err.Error(), "u0500") {
		t.Errorf("half a network: %v", err)
	}
	if s, err := ask(t, p, func(int) {}); err != nil || len(s.Networks) != networks-1 {
		t.Errorf("%d networks, %v", len(s.Networks), err)
	}
}

// The first update of a network is all of it, which may be more than a message holds.
func TestALargeNetworkIsPushedInUpdatesThatFollow(t *testing.T) {
	t.Parallel()
	const endpoints = 5001
	known, revision, done := map[int]bool{}, int64(0), make(chan struct{})
	_, p := crowded(t, 500, endpoints, func(_ string, v any) error {
		u := v.(clocker.NetworkUpdate)
		if u.Network.ID != "u0500" {
			return nil
		}
		if n := size(t, u); n > most {
			t.Errorf("an update is of %d bytes", n)
		}
		if u.Previous != revision || u.Complete != (revision == 0) {
			t.Errorf("an update from revision %d after %d, complete %v", u.Previous, revision, u.Complete)
		}
		revision = u.Revision
		for _, e := range u.Endpoints {
			known[e.Ordinal] = true
		}
		if revision == endpoints {
			close(done)
		}
		return nil
	})
	go func() { _ = p.Run(t.Context()) }()
	p.Wake("u0500", "localhost")
	<-done
	if len(known) != endpoints {
		t.Errorf("told of %d endpoints", len(known))
	}
}
