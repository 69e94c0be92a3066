package forward_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"clocker.io/services/dns/internal/forward"
)

// upstream is a resolver on loopback, UDP and TCP on one port. It counts what it was asked.
type upstream struct {
	address netip.AddrPort
	asked   atomic.Int32
	tcp     atomic.Int32
	stop    func()
}

func startUpstream(t *testing.T, answer func(q *dns.Msg) *dns.Msg) *upstream {
	t.Helper()
	packets, streams := sockets(t)
	u := &upstream{address: netip.MustParseAddrPort(packets.LocalAddr().String())}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		u.asked.Add(1)
		if _, ok := w.RemoteAddr().(*net.TCPAddr); ok {
			u.tcp.Add(1)
		}
		m := answer(q)
		if m == nil {
			return
		}
		if _, ok := w.RemoteAddr().(*net.UDPAddr); ok {
			m.Truncate(dns.MinMsgSize)
		}
		_ = w.WriteMsg(m)
	})
	servers := []*dns.Server{{PacketConn: packets, Handler: handler}, {Listener: streams, Handler: handler}}
	for _, s := range servers {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go func() { _ = s.ActivateAndServe() }()
		<-started
	}
	u.stop = sync.OnceFunc(func() {
		for _, s := range servers {
			_ = s.Shutdown()
		}
	})
	t.Cleanup(u.stop)
	return u
}

// sockets opens a pair on one port: one that is free for UDP may be somebody's for TCP.
func sockets(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for {
		packets, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		streams, err := net.Listen("tcp4", packets.LocalAddr().String())
		if err == nil {
			return packets, streams
		}
		_ = packets.Close()
		if !errors.Is(err, syscall.EADDRINUSE) {
			t.Fatal(err)
		}
	}
}

func answerWith(rrs ...string) func(*dns.Msg) *dns.Msg {
	return func(q *dns.Msg) *dns.Msg {
		m := new(dns.Msg).SetReply(q)
		for _, s := range rrs {
			rr, err := dns.NewRR(s)
			if err != nil {
				return nil
			}
			m.Answer = append(m.Answer, rr)
		}
		return m
	}
}

func rcodeWith(rcode int, ns ...string) func(*dns.Msg) *dns.Msg {
	return func(q *dns.Msg) *dns.Msg {
		m := answerWith(ns...)(q)
		m.Rcode, m.Ns, m.Answer = rcode, m.Answer, nil
		return m
	}
}

func silence(*dns.Msg) *dns.Msg { return nil }

// clock is time that a test moves, and nothing else does.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(1_700_000_000, c.ahead.Load()) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

func newResolver(t *testing.T, us ...*upstream) (*forward.Resolver, *clock) {
	t.Helper()
	c := &clock{}
	r := forward.New(slog.New(slog.DiscardHandler), c.now)
	r.Patient(2 * time.Minute)
	var addresses []netip.AddrPort
	for _, u := range us {
		addresses = append(addresses, u.address)
	}
	r.Use(addresses)
	return r, c
}

func ask(t *testing.T, r *forward.Resolver, name string) (*dns.Msg, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	return r.Resolve(ctx, new(dns.Msg).SetQuestion(name, dns.TypeA))
}

func mustAsk(t *testing.T, r *forward.Resolver, name string) *dns.Msg {
	t.Helper()
	m, err := ask(t, r, name)
	if err != nil {
		t.Fatalf("resolve %s: %v", name, err)
	}
	return m
}
