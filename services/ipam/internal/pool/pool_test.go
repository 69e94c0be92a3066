package pool

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"

	"pgregory.net/rapid"
)

func settings(exclude ...string) Settings {
	s := Settings{Pool: netip.MustParsePrefix("10.200.0.0/13"), Bits: 22}
	for _, e := range exclude {
		s.Exclude = append(s.Exclude, netip.MustParsePrefix(e))
	}
	return s
}

func used(cidrs ...string) []Used {
	out := make([]Used, len(cidrs))
	for i, c := range cidrs {
		rest, cooling := strings.CutPrefix(c, "~")
		out[i] = Used{CIDR: netip.MustParsePrefix(rest), Owner: fmt.Sprintf("application app%d", i), Cooling: cooling}
	}
	return out
}

func TestCarve(t *testing.T) {
	t.Parallel()
	small := Settings{Pool: netip.MustParsePrefix("10.200.0.0/21"), Bits: 22}
	for _, c := range []struct {
		name string
		set  Settings
		used []Used
		want string
	}{
		{"the first", settings(), nil, "10.200.0.0/22"},
		{"the lowest that is free", settings(), used("10.200.0.0/22", "10.200.8.0/22"), "10.200.4.0/22"},
		{"not what an asked network touches", settings(), used("10.200.0.0/27"), "10.200.4.0/22"},
		{"not what is kept out", settings("10.200.0.0/16"), nil, "10.201.0.0/22"},
		{"a cooling one only after all others", small, used("~10.200.0.0/22"), "10.200.4.0/22"},
		{"a cooling one when there is no other", small, used("10.200.0.0/22", "~10.200.4.0/22"), "10.200.4.0/22"},
		{"a cooling one that somebody has a part of is taken", small, used("~10.200.0.0/22", "10.200.0.0/27", "10.200.4.0/22"), ""},
		{"exhausted", small, used("10.200.0.0/21"), ""},
		{"the pool ends with all addresses", Settings{Pool: netip.MustParsePrefix("255.255.252.0/22"), Bits: 22}, used("255.255.252.0/22"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Carve(c.set, c.used)
			if c.want == "" {
				if clocker.CodeOf(err) != clocker.Exhausted {
					t.Fatalf("got %v, %v; want exhausted", got, err)
				}
				return
			}
			if err != nil || got.String() != c.want {
				t.Fatalf("got %v, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, ask string
		used      []Used
		code      clocker.Code
		says      string
	}{
		{name: "free", ask: "10.40.0.0/24"},
		{name: "of the pool", ask: "10.200.0.0/22"},
		{name: "the smallest", ask: "10.40.0.0/27"},
		{name: "one that is cooling may be asked for again", ask: "10.40.0.0/24", used: used("~10.40.0.0/24")},
		{name: "no network", ask: "shop", code: clocker.Invalid, says: `"shop" is no IPv4 network`},
		{name: "host bits", ask: "10.40.0.1/24", code: clocker.Invalid, says: "no IPv4 network"},
		{name: "IPv6", ask: "fd00::/64", code: clocker.Invalid, says: "no IPv4 network"},
		{name: "too small", ask: "10.40.0.0/28", code: clocker.Invalid, says: "a /27 is the smallest"},
		{name: "too large", ask: "10.0.0.0/7", code: clocker.Invalid, says: "a /8 is the largest"},
		{name: "loopback", ask: "127.1.0.0/16", code: clocker.Invalid, says: "127.0.0.0/8"},
		{name: "taken", ask: "10.40.0.0/24", used: used("10.40.0.0/16"), code: clocker.Conflict, says: "10.40.0.0/16 of application app0"},
		{name: "taken and cooling", ask: "10.40.0.0/24", used: used("~10.40.0.0/24", "10.40.0.0/27"), code: clocker.Conflict, says: "application app1"},
		{name: "kept out", ask: "10.99.1.0/24", code: clocker.Conflict, says: "10.99.0.0/16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Ask(settings("10.99.0.0/16"), c.ask, c.used)
			if clocker.CodeOf(err) != c.code || (err == nil) != (c.code == "") {
				t.Fatalf("got %v, want code %q", err, c.code)
			}
			if err == nil && got.String() != c.ask {
				t.Fatalf("got %s", got)
			}
			if err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %q, want it to say %q", err, c.says)
			}
		})
	}
}

func TestLayOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ cidr, want string }{
		{"10.200.0.0/22", "10.200.0.0/28 10.200.0.16 10.200.3.254"},
		{"10.9.8.32/27", "10.9.8.32/28 10.9.8.48 10.9.8.62"},
		{"10.0.0.0/8", "10.0.0.0/28 10.0.0.16 10.255.255.254"},
	} {
		l, err := LayOut(netip.MustParsePrefix(c.cidr))
		if got := fmt.Sprint(l.IPRange, l.First, l.Last); err != nil || got != c.want {
			t.Errorf("%s: got %s, %v; want %s", c.cidr, got, err, c.want)
		}
	}
}

// No two networks overlap, none lies outside the pool or in what is kept out, and exhaustion comes only when no free
// subnet is left.
func TestCarveProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := Settings{Pool: netip.MustParsePrefix("10.200.0.0/16"), Bits: 20}
		for range rapid.IntRange(0, 3).Draw(t, "excludes") {
			s.Exclude = append(s.Exclude, subnet(t, s.Pool))
		}
		var have []Used
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if len(have) > 0 && rapid.Bool().Draw(t, "give back") {
				i := rapid.IntRange(0, len(have)-1).Draw(t, "which")
				have = append(have[:i], have[i+1:]...)
				continue
			}
			if rapid.Bool().Draw(t, "ask") {
				if net, err := Ask(s, subnet(t, s.Pool).String(), have); err == nil {
					have = append(have, Used{CIDR: net})
				}
				continue
			}
			net, err := Carve(s, have)
			if err != nil {
				if clocker.CodeOf(err) != clocker.Exhausted {
					t.Fatal(err)
				}
				for i := range 16 {
					n := netip.PrefixFrom(address(number(s.Pool.Addr())+uint64(i)<<12), 20)
					if excluded(s, n) == nil && overlapping(n, have) == nil {
						t.Fatalf("exhausted, but %s is free", n)
					}
				}
				continue
			}
			if by := overlapping(net, have); by != nil || excluded(s, net) != nil || !s.Pool.Contains(net.Addr()) {
				t.Fatalf("%s overlaps", net)
			}
			have = append(have, Used{CIDR: net})
		}
	})
}

func subnet(t *rapid.T, in netip.Prefix) netip.Prefix {
	bits := rapid.IntRange(in.Bits()+1, 27).Draw(t, "bits")
	offset := rapid.Uint64Range(0, 1<<(32-in.Bits())-1).Draw(t, "offset")
	return netip.PrefixFrom(address(number(in.Addr())+offset), bits).Masked()
}

// An address never has two owners, is never network, broadcast or Docker's, and comes again only after its cool-down;
// exhaustion comes only when every address is taken or cools.
func TestSpaceProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l, err := LayOut(netip.PrefixFrom(netip.MustParseAddr("10.9.0.0"), rapid.IntRange(25, 27).Draw(t, "bits")))
		if err != nil {
			t.Fatal(err)
		}
		s := Space{CIDR: l.CIDR, Low: l.First, High: l.Last}
		const coolDown = 5
		owned := map[netip.Addr]bool{}
		var freed []struct {
			addr netip.Addr
			at   int
		}
		for now := range rapid.IntRange(1, 300).Draw(t, "steps") {
			if len(owned) > 0 && rapid.IntRange(0, 3).Draw(t, "what") == 0 {
				var a netip.Addr
				for a = l.First; !owned[a]; a = a.Next() {
				}
				delete(owned, a)
				freed = append(freed, struct {
					addr netip.Addr
					at   int
				}{a, now})
				continue
			}
			if len(freed) > 0 && freed[0].at+coolDown <= now {
				s.Cooled = freed[0].addr
			}
			cooled := s.Cooled
			take := s.Lease
			if rapid.IntRange(0, 9).Draw(t, "gateway") == 0 {
				take = s.Gateway
			}
			a, err := take()
			if err != nil {
				if clocker.CodeOf(err) != clocker.Exhausted || cooled.IsValid() {
					t.Fatal(err)
				}
				if all := int(number(l.Last)-number(l.First)) + 1; len(owned)+len(freed) != all {
					t.Fatalf("exhausted with %d of %d", len(owned)+len(freed), all)
				}
				continue
			}
			if a == cooled {
				freed = freed[1:]
			}
			for _, f := range freed {
				if f.addr == a {
					t.Fatalf("%s is still cooling", a)
				}
			}
			if owned[a] || l.IPRange.Contains(a) || a.Compare(l.First) < 0 || a.Compare(l.Last) > 0 {
				t.Fatalf("%s must not be given out", a)
			}
			owned[a] = true
			s.Cooled = netip.Addr{}
		}
	})
}
