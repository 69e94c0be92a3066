package zone_test

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"pgregory.net/rapid"

	"clocker.io/services/dns/internal/zone"
)

// show writes the essence of a reply in one line: rcode, data of the answers with their TTL, whether a SOA is there.
func show(r zone.Reply) string {
	parts := []string{dns.RcodeToString[r.Rcode]}
	for _, rr := range r.Answer {
		fields := strings.Fields(rr.String())
		parts = append(parts, fields[1]+":"+strings.Join(fields[4:], " "))
	}
	for _, rr := range r.Authority {
		parts = append(parts, dns.TypeToString[rr.Header().Rrtype])
	}
	return strings.Join(parts, " ")
}

func keepOrder(int, func(i, j int)) {}

func reversed(n int, swap func(i, j int)) {
	for i := range n / 2 {
		swap(i, n-1-i)
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	z := zone.New("localhost", shopSnapshot())
	for _, tt := range []struct {
		name  string
		asker string
		qname string
		qtype uint16
		want  string
	}{
		{"one container", "u1", "0.web.shop.clocker.internal.", dns.TypeA, "NOERROR 30:10.200.0.17"},
		{"an unhealthy container answers too", "u1", "1.web.shop.clocker.internal.", dns.TypeA, "NOERROR 30:10.200.0.18"},
		{"any case", "u1", "0.WEB.Shop.Clocker.INTERNAL.", dns.TypeA, "NOERROR 30:10.200.0.17"},
		{"healthy members, shuffled", "u1", "web.shop.clocker.internal.", dns.TypeA, "NOERROR 5:10.200.0.19 5:10.200.0.17"},
		{"no healthy member", "u1", "store.shop.clocker.internal.", dns.TypeA, "NOERROR SOA"},
		{"no such ordinal", "u1", "7.web.shop.clocker.internal.", dns.TypeA, "NXDOMAIN SOA"},
		{"an ordinal has one spelling", "u1", "00.web.shop.clocker.internal.", dns.TypeA, "NXDOMAIN SOA"},
		{"below a container", "u1", "x.0.web.shop.clocker.internal.", dns.TypeA, "NXDOMAIN SOA"},
		{"no such entity", "u1", "cart.shop.clocker.internal.", dns.TypeA, "NXDOMAIN SOA"},
		{"AAAA of a name with an A", "u1", "0.web.shop.clocker.internal.", dns.TypeAAAA, "NOERROR SOA"},
		{"AAAA of no name", "u1", "9.web.shop.clocker.internal.", dns.TypeAAAA, "NXDOMAIN SOA"},
		{"the application itself", "u1", "shop.clocker.internal.", dns.TypeA, "NOERROR SOA"},
		{"the zone", "u1", "clocker.internal.", dns.TypeA, "NOERROR SOA"},
		{"SOA of the zone", "u1", "clocker.internal.", dns.TypeSOA,
			"NOERROR 5:ns.clocker.internal. hostmaster.clocker.internal. 1 3600 600 86400 5"},
		{"ANY gives the addresses", "u1", "0.web.shop.clocker.internal.", dns.TypeANY, "NOERROR 30:10.200.0.17"},
		{"another application is not there", "u1", "0.web.blog.clocker.internal.", dns.TypeA, "NXDOMAIN SOA"},
		{"which has its own names", "u2", "0.web.blog.clocker.internal.", dns.TypeA, "NOERROR 30:10.200.4.17"},
		{"an unknown network has none", "u9", "0.web.shop.clocker.internal.", dns.TypeA, "NXDOMAIN SOA"},
		{"this host, as the network sees it", "u1", "localhost.hosts.clocker.internal.", dns.TypeA, "NOERROR 30:10.200.3.254"},
		{"the same host elsewhere", "u2", "localhost.hosts.clocker.internal.", dns.TypeA, "NOERROR 30:10.200.7.254"},
		{"no such host", "u1", "mars.hosts.clocker.internal.", dns.TypeA, "NXDOMAIN SOA"},
		{"above the hosts", "u1", "hosts.clocker.internal.", dns.TypeA, "NOERROR SOA"},
		{"reverse", "u1", "17.0.200.10.in-addr.arpa.", dns.TypePTR, "NOERROR 30:0.web.shop.clocker.internal."},
		{"reverse of the gateway", "u1", "254.3.200.10.in-addr.arpa.", dns.TypePTR, "NOERROR 30:localhost.hosts.clocker.internal."},
		{"reverse of nobody", "u1", "99.1.200.10.in-addr.arpa.", dns.TypePTR, "NXDOMAIN SOA"},
		{"reverse of another network", "u1", "17.4.200.10.in-addr.arpa.", dns.TypePTR, "NXDOMAIN SOA"},
		{"reverse, other type", "u1", "17.0.200.10.in-addr.arpa.", dns.TypeA, "NOERROR SOA"},
		{"below a reverse name", "u1", "x.17.0.200.10.in-addr.arpa.", dns.TypePTR, "NXDOMAIN SOA"},
		{"above reverse names", "u1", "1.200.10.in-addr.arpa.", dns.TypePTR, "NOERROR SOA"},
		{"reverse of a stranger", "u1", "8.8.8.8.in-addr.arpa.", dns.TypePTR, "forward"},
		{"above all networks", "u1", "10.in-addr.arpa.", dns.TypeNS, "forward"},
		{"no reverse name", "u1", "x.y.in-addr.arpa.", dns.TypePTR, "forward"},
		{"the world", "u1", "example.com.", dns.TypeA, "forward"},
		{"ends like the zone", "u1", "notclocker.internal.", dns.TypeA, "forward"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			reply, ours := z.Answer(tt.asker, dns.Question{Name: tt.qname, Qtype: tt.qtype, Qclass: dns.ClassINET}, reversed)
			got := "forward"
			if ours {
				got = show(reply)
			}
			if got != tt.want {
				t.Errorf("%s %s = %q, want %q", tt.qname, dns.TypeToString[tt.qtype], got, tt.want)
			}
		})
	}
}

func TestAnswerKeepsTheQuestionsCase(t *testing.T) {
	t.Parallel()
	z := zone.New("localhost", shopSnapshot())
	reply, _ := z.Answer("u1", dns.Question{Name: "0.WEB.shop.clocker.internal.", Qtype: dns.TypeA}, keepOrder)
	if got := reply.Answer[0].Header().Name; got != "0.WEB.shop.clocker.internal." {
		t.Errorf("owner name %q, want that of the question", got)
	}
}

// Every address in an answer is that of an endpoint of the asker's application, and sets hold healthy ones only.
func TestAnswersStayInsideTheNetwork(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z := zone.New("localhost", shopSnapshot())
		for _, u := range history(t) {
			u.Previous += 4
			u.Revision += 4
			z, _ = z.Apply(u)
		}
		labels := rapid.SliceOfN(rapid.SampledFrom([]string{"0", "1", "2", "web", "store", "shop", "blog", "hosts", "localhost"}), 0, 4)
		qname := dns.Fqdn(strings.Join(append(labels.Draw(t, "labels"), "clocker", "internal"), "."))
		seed := rapid.Uint64().Draw(t, "seed")
		reply, ours := z.Answer("u1", dns.Question{Name: qname, Qtype: dns.TypeA, Qclass: dns.ClassINET},
			rand.New(rand.NewPCG(seed, 1)).Shuffle)
		if !ours {
			t.Fatalf("%s would be asked of others", qname)
		}
		healthy := map[string]bool{}
		for _, e := range z.Snapshot().Networks[0].Endpoints {
			healthy[e.Address] = e.Healthy
		}
		for _, rr := range reply.Answer {
			addr, _ := netip.AddrFromSlice(rr.(*dns.A).A.To4())
			single := slices.Contains([]string{"0", "1", "2"}, dns.SplitDomainName(qname)[0])
			ok, known := healthy[addr.String()]
			if addr.String() != "10.200.3.254" && (!known || (!ok && !single)) {
				t.Fatalf("%s answered %s", qname, addr)
			}
		}
		if len(reply.Answer) == 0 && len(reply.Authority) != 1 {
			t.Fatalf("%s: nothing, and no SOA", qname)
		}
	})
}
