package server_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"clocker.io/pkg/run/runtest"
)

func TestSplitHorizon(t *testing.T) {
	t.Parallel()
	f := start(t, noForward)
	f.serve(network("u1", "shop", 41, 1), network("u2", "blog", 42, 1))
	f.eventually(t, question{from: "127.41.0.1", gateway: "127.41.0.250", name: "web.shop.clocker.internal."})
	f.eventually(t, question{from: "127.42.0.1", gateway: "127.42.0.250", name: "web.blog.clocker.internal."})
	for _, tt := range []struct {
		name string
		q    question
		want int
	}{
		{"own name", question{from: "127.41.0.1", gateway: "127.41.0.250", name: "0.web.shop.clocker.internal."}, dns.RcodeSuccess},
		{"own name over TCP", question{transport: "tcp", from: "127.41.0.1", gateway: "127.41.0.250", name: "0.web.shop.clocker.internal."}, dns.RcodeSuccess},
		{"another application's name", question{from: "127.41.0.1", gateway: "127.41.0.250", name: "0.web.blog.clocker.internal."}, dns.RcodeNameError},
		{"another network's gateway", question{from: "127.41.0.1", gateway: "127.42.0.250", name: "0.web.blog.clocker.internal."}, dns.RcodeRefused},
		{"a stranger", question{from: "127.9.9.9", gateway: "127.41.0.250", name: "example.com."}, dns.RcodeRefused},
		{"a stranger over TCP", question{transport: "tcp", from: "127.9.9.9", gateway: "127.41.0.250", name: "example.com."}, dns.RcodeRefused},
		{"no upstream", question{from: "127.41.0.1", gateway: "127.41.0.250", name: "example.com."}, dns.RcodeServerFailure},
		{"no recursion wanted", question{from: "127.41.0.1", gateway: "127.41.0.250", name: "example.com.",
			change: func(m *dns.Msg) { m.RecursionDesired = false }}, dns.RcodeRefused},
		{"a zone transfer", question{transport: "tcp", from: "127.41.0.1", gateway: "127.41.0.250", name: "clocker.internal.",
			change: func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeAXFR }}, dns.RcodeRefused},
		{"another class", question{from: "127.41.0.1", gateway: "127.41.0.250", name: "version.bind.",
			change: func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }}, dns.RcodeRefused},
		{"another EDNS version", question{from: "127.41.0.1", gateway: "127.41.0.250", name: "web.shop.clocker.internal.",
			change: func(m *dns.Msg) { m.SetEdns0(1232, false); m.IsEdns0().SetVersion(1) }}, dns.RcodeBadVers},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := f.eventually(t, tt.q)
			if r.Rcode != tt.want {
				t.Errorf("rcode %s, want %s", dns.RcodeToString[r.Rcode], dns.RcodeToString[tt.want])
			}
			if tt.q.change == nil && tt.want == dns.RcodeSuccess && !r.Authoritative {
				t.Error("the answer is not authoritative")
			}
		})
	}
	n, ok := f.replies.Load(dns.RcodeRefused)
	if !ok || n.(*atomic.Int32).Load() == 0 {
		t.Error("refusals were not counted")
	}
}

func TestLargeSetsAreCutForUDP(t *testing.T) {
	t.Parallel()
	f := start(t, noForward)
	f.serve(network("u1", "shop", 43, 300))
	q := question{from: "127.43.0.1", gateway: "127.43.0.250", name: "web.shop.clocker.internal."}
	for _, tt := range []struct {
		name   string
		size   uint16
		limit  int
		tcp    bool
		opt    bool
		cutoff bool
	}{
		{"plain UDP", 0, 512, false, false, true},
		{"EDNS", 1000, 1000, false, true, true},
		{"EDNS asks for more than is safe", 4096, 1232, false, true, true},
		{"TCP", 0, dns.MaxMsgSize, true, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := q
			if tt.tcp {
				q.transport = "tcp"
			}
			if tt.size > 0 {
				q.change = func(m *dns.Msg) { m.SetEdns0(tt.size, false) }
			}
			r := f.eventually(t, q)
			packed, err := r.Pack()
			if err != nil {
				t.Fatal(err)
			}
			if r.Truncated != tt.cutoff || (tt.cutoff && len(r.Answer) == 0) || (!tt.cutoff && len(r.Answer) != 300) {
				t.Errorf("%d records, TC %v; want TC %v", len(r.Answer), r.Truncated, tt.cutoff)
			}
			r.Compress = true
			if r.Len() > tt.limit {
				t.Errorf("%d bytes (%d packed), want at most %d", r.Len(), len(packed), tt.limit)
			}
			if (r.IsEdns0() != nil) != tt.opt {
				t.Errorf("OPT in the reply: %v, want %v", r.IsEdns0() != nil, tt.opt)
			}
		})
	}
}

func TestForwards(t *testing.T) {
	t.Parallel()
	f := start(t, func(_ context.Context, req *dns.Msg) (*dns.Msg, error) {
		m := new(dns.Msg).SetReply(req)
		rr, err := dns.NewRR(req.Question[0].Name + " 60 IN A 192.0.2.1")
		m.Answer = []dns.RR{rr}
		m.Id = 1 // of another exchange
		return m, err
	})
	f.serve(network("u1", "shop", 44, 1))
	r := f.eventually(t, question{from: "127.44.0.1", gateway: "127.44.0.250", name: "Example.com."})
	if len(r.Answer) != 1 || r.Authoritative || !r.RecursionAvailable || r.Question[0].Name != "Example.com." {
		t.Errorf("answer %v; want one record, not authoritative, recursion available", r)
	}
}

func TestNetworksComeAndGo(t *testing.T) {
	t.Parallel()
	f := start(t, noForward)
	q := question{from: "127.45.0.1", gateway: "127.45.0.250", name: "web.shop.clocker.internal."}
	f.serve(network("u1", "shop", 45, 1))
	f.eventually(t, q)

	moved := network("u1", "shop", 45, 1)
	moved.Network.Gateway = "127.45.0.249"
	f.serve(moved)
	q.gateway = "127.45.0.249"
	f.eventually(t, q)
	if _, err := f.ask(t, question{from: "127.45.0.1", gateway: "127.45.0.250", name: q.name}); err == nil {
		t.Error("the old gateway still answers")
	}

	f.serve()
	runtest.Eventually(t, "ask a network that is gone", func() error {
		if _, err := f.ask(t, q); err == nil {
			return errStill
		}
		return nil
	})
	f.serve(moved)
	f.eventually(t, q)
}

// An address that no interface has yet can be bound: the bridge may come later. 192.0.2.0/24 is on no machine.
func TestBindsBeforeTheBridge(t *testing.T) {
	t.Parallel()
	f := start(t, noForward)
	early := network("u1", "shop", 46, 1)
	early.Network.CIDR, early.Network.Gateway = "192.0.2.0/24", "192.0.2.250"
	f.serve(early, network("u2", "blog", 46, 1))
	f.eventually(t, question{from: "127.46.0.1", gateway: "127.46.0.250", name: "web.blog.clocker.internal."})
	if err := f.server.Ready(t.Context()); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

func TestTakenPortIsToldAndRetried(t *testing.T) {
	t.Parallel()
	f := start(t, noForward)
	taken, err := net.ListenPacket("udp4", fmt.Sprintf("127.47.0.250:%d", f.port))
	if err != nil {
		t.Fatal(err)
	}
	f.serve(network("u1", "shop", 47, 1), network("u2", "blog", 48, 1))
	f.eventually(t, question{from: "127.48.0.1", gateway: "127.48.0.250", name: "web.blog.clocker.internal."})
	runtest.Eventually(t, "wait for Ready to tell", func() error {
		err := f.server.Ready(t.Context())
		if err == nil || !strings.Contains(err.Error(), "network u1") || !strings.Contains(err.Error(), "address already in use") {
			return fmt.Errorf("it says %v, want the network and why", err)
		}
		return nil
	})
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	f.eventually(t, question{from: "127.47.0.1", gateway: "127.47.0.250", name: "web.shop.clocker.internal."})
}

func TestStopsListening(t *testing.T) {
	t.Parallel()
	f := start(t, noForward)
	q := question{from: "127.49.0.1", gateway: "127.49.0.250", name: "web.shop.clocker.internal."}
	f.serve(network("u1", "shop", 49, 1))
	f.eventually(t, q)
	f.stop()
	if _, err := f.ask(t, q); err == nil {
		t.Error("it still answers after Run has ended")
	}
}
