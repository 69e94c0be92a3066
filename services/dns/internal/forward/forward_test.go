package forward_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"clocker.io/services/dns/internal/forward"
)

const record = "example.com. 60 IN A 192.0.2.1"

func TestKeepsAnAnswerForItsTTL(t *testing.T) {
	t.Parallel()
	u := startUpstream(t, answerWith(record))
	r, c := newResolver(t, u)
	mustAsk(t, r, "example.com.")
	c.forward(20 * time.Second)
	m := mustAsk(t, r, "EXAMPLE.com.")
	if got := m.Answer[0].Header().Ttl; got != 40 {
		t.Errorf("TTL after 20 s is %d, want 40", got)
	}
	if got := u.asked.Load(); got != 1 {
		t.Errorf("asked upstream %d times within the TTL, want once", got)
	}
	c.forward(41 * time.Second)
	mustAsk(t, r, "example.com.")
	if got := u.asked.Load(); got != 2 {
		t.Errorf("asked upstream %d times, want again after the TTL", got)
	}
}

func TestKeepsAnAbsence(t *testing.T) {
	t.Parallel()
	u := startUpstream(t, rcodeWith(dns.RcodeNameError, "com. 900 IN SOA a. b. 1 1 1 1 30"))
	r, c := newResolver(t, u)
	for range 2 {
		if m := mustAsk(t, r, "nothing.com."); m.Rcode != dns.RcodeNameError {
			t.Fatalf("rcode %s, want NXDOMAIN", dns.RcodeToString[m.Rcode])
		}
	}
	if got := u.asked.Load(); got != 1 {
		t.Errorf("asked upstream %d times, want once", got)
	}
	c.forward(31 * time.Second)
	mustAsk(t, r, "nothing.com.")
	if got := u.asked.Load(); got != 2 {
		t.Errorf("asked upstream %d times, want again after the SOA's minimum", got)
	}
}

func TestServesStale(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	u := startUpstream(t, func(q *dns.Msg) *dns.Msg {
		if broken.Load() {
			return rcodeWith(dns.RcodeServerFailure)(q)
		}
		return answerWith(record)(q)
	})
	r, c := newResolver(t, u)
	mustAsk(t, r, "example.com.")
	broken.Store(true)
	c.forward(23 * time.Hour)
	m := mustAsk(t, r, "example.com.")
	if got := m.Answer[0].Header().Ttl; got != 30 {
		t.Errorf("TTL of a stale answer is %d, want 30", got)
	}
	c.forward(2 * time.Hour)
	if _, err := ask(t, r, "example.com."); err == nil {
		t.Error("an answer a day past its TTL was served")
	}
}

func TestSecondUpstream(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		first func(*dns.Msg) *dns.Msg
	}{
		{"the first is silent", silence},
		{"the first fails", rcodeWith(dns.RcodeServerFailure)},
		{"the first refuses", rcodeWith(dns.RcodeRefused)},
		{"the first answers another question", func(q *dns.Msg) *dns.Msg {
			m := answerWith(record)(q)
			m.Question[0].Name = "else.com."
			return m
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, _ := newResolver(t, startUpstream(t, tt.first), startUpstream(t, answerWith(record)))
			// Were the second asked only once the first is given up, the time for both would be over.
			if m := mustAsk(t, r, "example.com."); len(m.Answer) != 1 {
				t.Fatalf("answer %v, want that of the second", m)
			}
		})
	}
}

func TestLargeAnswerComesOverTCP(t *testing.T) {
	t.Parallel()
	rrs := make([]string, 100)
	for i := range rrs {
		rrs[i] = record
	}
	u := startUpstream(t, answerWith(rrs...))
	r, _ := newResolver(t, u)
	if m := mustAsk(t, r, "example.com."); len(m.Answer) != 100 || m.Truncated {
		t.Errorf("%d records, truncated %v; want all 100", len(m.Answer), m.Truncated)
	}
	if u.tcp.Load() != 1 {
		t.Error("TCP was not used")
	}
}

func TestNoUpstreamFailsAtOnce(t *testing.T) {
	t.Parallel()
	r, _ := newResolver(t)
	if _, err := ask(t, r, "example.com."); !errors.Is(err, forward.ErrNoUpstream) {
		t.Errorf("error %v, want %v", err, forward.ErrNoUpstream)
	}
}

func TestEqualQuestionsAreAskedOnce(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	enter := sync.OnceFunc(func() { close(entered) })
	u := startUpstream(t, func(q *dns.Msg) *dns.Msg {
		enter()
		<-release
		return answerWith(record)(q)
	})
	r, _ := newResolver(t, u)
	var askers sync.WaitGroup
	for range 20 {
		askers.Go(func() {
			if _, err := ask(t, r, "example.com."); err != nil {
				t.Error(err)
			}
		})
	}
	<-entered
	close(release)
	askers.Wait()
	if got := u.asked.Load(); got != 1 {
		t.Errorf("asked upstream %d times, want once", got)
	}
}

func TestNameservers(t *testing.T) {
	t.Parallel()
	gateway := netip.MustParseAddr("10.200.3.254")
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"in order, once", "# made by hand\nsearch lan\nnameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.1\n",
			[]string{"192.0.2.1:53", "192.0.2.2:53"}},
		{"not an engine's resolver", "nameserver 127.0.0.11\nnameserver 127.0.0.53", []string{"127.0.0.53:53"}},
		{"not ourselves", "nameserver 10.200.3.254\n", nil},
		{"not everybody", "nameserver 0.0.0.0\nnameserver ::\n", nil},
		{"IPv6", "nameserver fe80::1%eth0\nnameserver 2001:db8::1", []string{"[fe80::1%eth0]:53", "[2001:db8::1]:53"}},
		{"nonsense", "nameserver\nnameserver x\nnameservers 192.0.2.1", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := forward.Nameservers(tt.text, func(a netip.Addr) bool { return a == gateway })
			if len(got) != len(tt.want) {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i].String() != tt.want[i] {
					t.Errorf("got %v, want %v", got, tt.want)
				}
			}
		})
	}
}

func TestWatchReadsTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(file, []byte("nameserver 192.0.2.7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, _ := newResolver(t)
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{})
	done := make(chan error, 1)
	once := sync.OnceFunc(func() { close(asked) })
	go func() {
		done <- r.Watch(ctx, file, func(netip.Addr) bool { once(); return false })
	}()
	<-asked
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Watch ended with %v", err)
	}
	if got := r.Upstreams(); len(got) != 1 || got[0].String() != "192.0.2.7:53" {
		t.Errorf("upstreams %v, want 192.0.2.7:53", got)
	}
}
