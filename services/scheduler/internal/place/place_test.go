package place

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"clocker.io/pkg/clocker"

	"pgregory.net/rapid"
)

const gib = 1 << 30

func host(id string, containers int, freeGiB float64) Host {
	return Host{
		ID: id, State: clocker.HostReadyState, Memory: 32 * gib, Millicores: 8000,
		Load:  Load{Containers: containers, Memory: 32*gib - int64(freeGiB*gib)},
		Ports: map[Port]Holder{},
	}
}

func with(h Host, change func(*Host)) Host {
	change(&h)
	return h
}

func strategies(names ...string) []clocker.Strategy {
	out := make([]clocker.Strategy, len(names))
	for i, n := range names {
		out[i] = clocker.Strategy{Name: n}
	}
	return out
}

func TestChoose(t *testing.T) {
	t.Parallel()
	me := clocker.Container{Application: "shop", UID: "u1", Entity: "web", Generation: 2}
	fixed := []clocker.PortBinding{{Port: 80, HostPort: 8080, Protocol: "tcp", Fixed: true}}
	contestedOn := func(id string) Host {
		return with(host(id, 0, 1), func(h *Host) { h.Foreign = map[Port]bool{{"tcp", 8080}: true} })
	}
	own := func(h string, l Load) map[string]Load { return map[string]Load{h: l} }
	for _, c := range []struct {
		name  string
		req   Request
		cloud Cloud
		host  string
		wait  bool
		says  string
	}{
		{name: "no host", says: "cloud has no host yet"},
		{name: "first by id", cloud: Cloud{Hosts: []Host{host("b", 0, 1), host("a", 0, 1)}}, host: "a"},
		{
			name: "spreads", cloud: Cloud{Strategies: strategies("BreadthFirst"), Hosts: []Host{host("a", 2, 1), host("b", 1, 1), host("c", 1, 1)}},
			host: "b",
		},
		{
			name: "packs", cloud: Cloud{Strategies: strategies("DepthFirst"), Hosts: []Host{host("a", 1, 1), host("c", 2, 1), host("b", 2, 1)}},
			host: "b",
		},
		{
			name: "another host while a program holds its port", req: Request{Ports: fixed, Host: "a"},
			cloud: Cloud{Hosts: []Host{contestedOn("a"), host("b", 0, 1)}}, host: "b",
		},
		{
			name: "the host it wishes, held or not, when all are held", req: Request{Ports: fixed, Host: "b"},
			cloud: Cloud{Hosts: []Host{contestedOn("a"), contestedOn("b")}}, host: "b",
		},
		{
			name: "a held port is no reason when there is a better one", req: Request{Ports: fixed, Memory: 2 * gib},
			cloud: Cloud{Hosts: []Host{contestedOn("a")}}, says: "no host of cloud fits: 1 refused by memory (asks 2 GiB, most free is 1 GiB)",
		},
		{
			name: "the entity's order comes last", req: Request{Strategies: strategies("DepthFirst")},
			cloud: Cloud{Strategies: strategies("BreadthFirst"), Hosts: []Host{host("a", 0, 1), host("b", 3, 1)}}, host: "b",
		},
		{
			name:  "packs up to the cloud's limit",
			cloud: Cloud{MaxContainers: 3, Strategies: strategies("MaxContainers", "DepthFirst"), Hosts: []Host{host("a", 1, 1), host("b", 3, 1)}},
			host:  "a",
		},
		{
			name: "the names of the original", cloud: Cloud{
				Strategies: strategies("clocker.docker.location.strategy.basic.BreadthFirst"), Hosts: []Host{host("a", 2, 1), host("b", 1, 1)},
			}, host: "b",
		},
		{
			name: "its own limit", req: Request{Strategies: []clocker.Strategy{{Name: "MaxContainers", Params: map[string]string{"maxContainers": "1"}}}},
			cloud: Cloud{MaxContainers: 9, Hosts: []Host{host("a", 1, 1)}},
			says:  "no host of cloud fits: 1 refused by MaxContainers (a has 1 of 1 containers)",
		},
		{
			name: "a bad limit", req: Request{Strategies: []clocker.Strategy{{Name: "MaxContainers", Params: map[string]string{"maxContainers": "few"}}}},
			says: `strategy MaxContainers: maxContainers "few" is no number from 1`,
		},
		{
			name: "an unknown strategy", cloud: Cloud{Strategies: strategies("Nearest")},
			says: `strategy "Nearest" is unknown; there are BreadthFirst, DepthFirst, MaxContainers`,
		},
		{
			name: "memory", req: Request{Memory: 64 * gib}, cloud: Cloud{Hosts: []Host{host("a", 0, 21.59), host("b", 0, 3)}},
			says: "no host of cloud fits: 2 refused by memory (asks 64 GiB, most free is 21.5 GiB)",
		},
		{
			name: "cores", req: Request{Millicores: 9000}, cloud: Cloud{Hosts: []Host{host("a", 0, 1)}},
			says: "no host of cloud fits: 1 refused by cores (asks 9 cores, most free is 8 cores)",
		},
		{
			name: "each host is refused once, by the first that minds", req: Request{Memory: 2 * gib, Millicores: 9000},
			cloud: Cloud{Hosts: []Host{
				with(host("a", 0, 4), func(h *Host) { h.State = clocker.HostSuspect }), host("b", 0, 1), host("c", 0, 4),
			}},
			says: "no host of cloud fits: 1 refused by state (a is suspect), 1 refused by memory (asks 2 GiB, most free is 1 GiB), 1 refused by cores (asks 9 cores, most free is 8 cores)",
		},
		{
			name: "a fixed port of another", req: Request{Ports: []clocker.PortBinding{{Port: 80, HostPort: 8080, Protocol: "tcp", Fixed: true}}},
			cloud: Cloud{Hosts: []Host{with(host("a", 0, 1), func(h *Host) {
				h.Ports[Port{"tcp", 8080}] = Holder{Key: clocker.Key{UID: "u2"}, Path: "blog/web/0"}
			})}},
			says: "no host of cloud fits: 1 refused by ports (host port 8080/tcp of a is held by blog/web/0)",
		},
		{
			name: "its own fixed port", req: Request{Container: me, Ports: []clocker.PortBinding{{Port: 80, HostPort: 8080, Protocol: "tcp", Fixed: true}}},
			cloud: Cloud{Hosts: []Host{with(host("a", 0, 1), func(h *Host) {
				h.Ports[Port{"tcp", 8080}] = Holder{Key: me.Key(), Path: "shop/web/0"}
			})}}, host: "a",
		},
		{name: "its wish", req: Request{Host: "b"}, cloud: Cloud{Strategies: strategies("BreadthFirst"), Hosts: []Host{host("a", 0, 1), host("b", 9, 1)}}, host: "b"},
		{
			name: "a wish that is not ready", req: Request{Host: "b"}, host: "a",
			cloud: Cloud{Hosts: []Host{host("a", 0, 1), with(host("b", 0, 1), func(h *Host) { h.State = clocker.HostSuspect })}},
		},
		{
			name: "waits for its own place on the host it wishes", req: Request{Host: "b", Memory: 2 * gib, Own: own("b", Load{1, 2 * gib, 0})},
			cloud: Cloud{Hosts: []Host{host("a", 0, 9), host("b", 1, 1)}}, host: "b", wait: true,
		},
		{
			name: "does not wait where there is room for both", req: Request{Host: "b", Memory: 2 * gib, Own: own("b", Load{1, 2 * gib, 0})},
			cloud: Cloud{Hosts: []Host{host("b", 1, 2)}}, host: "b",
		},
		{
			name: "without a wish goes where there is room now", req: Request{Memory: 2 * gib, Own: own("a", Load{1, 2 * gib, 0})},
			cloud: Cloud{Hosts: []Host{host("a", 1, 1), host("b", 1, 9)}}, host: "b",
		},
		{
			name: "waits for its place under a limit", req: Request{Own: own("a", Load{Containers: 1})},
			cloud: Cloud{MaxContainers: 1, Strategies: strategies("MaxContainers"), Hosts: []Host{host("a", 1, 1)}}, host: "a", wait: true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.cloud.Name = "cloud"
			got, err := Choose(c.req, c.cloud)
			if c.says != "" {
				if err == nil || err.Error() != c.says {
					t.Fatalf("got %v, %v\nwant %s", got, err, c.says)
				}
				return
			}
			if want := (Choice{c.host, c.wait}); err != nil || got != want {
				t.Fatalf("got %v, %v; want %v", got, err, want)
			}
		})
	}
}

func drawHosts(t *rapid.T) []Host {
	hosts := make([]Host, rapid.IntRange(0, 6).Draw(t, "hosts"))
	for i := range hosts {
		hosts[i] = host(fmt.Sprintf("h%d", i), rapid.IntRange(0, 4).Draw(t, "containers"), float64(rapid.IntRange(0, 4).Draw(t, "free")))
		if rapid.IntRange(0, 4).Draw(t, "suspect") == 0 {
			hosts[i].State = clocker.HostSuspect
		}
	}
	return hosts
}

// What is chosen fits at once, or with the container's own older generations gone; who is refused is counted once; the
// order in which hosts are listed does not matter.
func TestChooseProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		hosts := drawHosts(t)
		req := Request{Memory: int64(rapid.IntRange(0, 4).Draw(t, "memory")) * gib, Own: map[string]Load{}}
		names := rapid.SliceOfN(rapid.SampledFrom(Names()), 0, 3).Draw(t, "strategies")
		for _, h := range hosts {
			if h.Load.Containers > 0 && rapid.IntRange(0, 3).Draw(t, "own") == 0 {
				req.Own[h.ID] = Load{Containers: 1, Memory: min(h.Load.Memory, gib)}
			}
			if rapid.IntRange(0, 5).Draw(t, "wish") == 0 {
				req.Host = h.ID
			}
		}
		cloud := Cloud{Name: "cloud", MaxContainers: 3, Strategies: strategies(names...), Hosts: hosts}
		got, err := Choose(req, cloud)
		shuffled := cloud
		shuffled.Hosts = rapid.Permutation(hosts).Draw(t, "order")
		if again, _ := Choose(req, shuffled); again != got {
			t.Fatalf("%v, in another order %v", got, again)
		}
		fits := func(h Host, own bool) bool {
			l := h.Load
			if own {
				l.Containers -= req.Own[h.ID].Containers
				l.Memory -= req.Own[h.ID].Memory
			}
			return h.State == clocker.HostReadyState && l.Memory+req.Memory <= h.Memory &&
				(l.Containers < 3 || !slices.Contains(names, "MaxContainers"))
		}
		if err != nil {
			var why *Unplaceable
			if !errors.As(err, &why) {
				t.Fatal(err)
			}
			refused := 0
			for _, r := range why.Refusals {
				refused += r.Hosts
			}
			if refused != len(hosts) || slices.ContainsFunc(hosts, func(h Host) bool { return fits(h, true) }) {
				t.Fatalf("%v, of %v", err, hosts)
			}
			return
		}
		i := slices.IndexFunc(hosts, func(h Host) bool { return h.ID == got.Host })
		if fits(hosts[i], false) == got.Wait || got.Wait && !fits(hosts[i], true) {
			t.Fatalf("%v does not fit", got)
		}
	})
}

func TestTurns(t *testing.T) {
	t.Parallel()
	type item struct {
		uid   string
		since int64
	}
	got := Turns([]item{{"a", 1}, {"a", 2}, {"a", 3}, {"b", 5}, {"c", 0}, {"b", 4}},
		func(i item) string { return i.uid }, func(i item) int64 { return i.since })
	want := []item{{"c", 0}, {"a", 1}, {"b", 4}, {"a", 2}, {"b", 5}, {"a", 3}}
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 512 << 20: "512 MiB", 64 * gib: "64 GiB", 64*gib - 1: "63.9 GiB"} {
		if got := size(bytes); got != want {
			t.Errorf("%d: got %s, want %s", bytes, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	if got := Names(); !slices.Equal(got, []string{"BreadthFirst", "DepthFirst", "MaxContainers"}) {
		t.Fatal(got)
	}
}
