package server_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/run/runtest"
	"clocker.io/services/dns/internal/server"
	"clocker.io/services/dns/internal/zone"
)

// fixture is a server on loopback whose zone a test changes. Loopback addresses are whole /8, so each test takes
// gateways of its own and asks from addresses of its choice.
type fixture struct {
	server  *server.Server
	zone    atomic.Pointer[zone.Zone]
	port    uint16
	replies sync.Map // rcode → *atomic.Int32
	stop    func()
}

func start(t *testing.T, forward func(context.Context, *dns.Msg) (*dns.Msg, error)) *fixture {
	t.Helper()
	f := &fixture{port: freePort(t)}
	f.zone.Store(zone.New("localhost", clocker.NetworkSnapshot{}))
	f.server = server.New(server.Config{
		Port: f.port, Zone: f.zone.Load, Forward: forward, Shuffle: func(int, func(i, j int)) {},
		Count: func(rcode int) {
			n, _ := f.replies.LoadOrStore(rcode, new(atomic.Int32))
			n.(*atomic.Int32).Add(1)
		},
		Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := f.server.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	}()
	f.stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(f.stop)
	return f
}

func noForward(context.Context, *dns.Msg) (*dns.Msg, error) { return nil, errors.New("no upstream") }

// freePort is a port that nobody has on any loopback address.
func freePort(t *testing.T) uint16 {
	t.Helper()
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).AddrPort().Port()
}

// network is one on loopback with members 127.<second>.0.1 and up; its gateway is 127.<second>.0.250.
func network(id, application string, second, members int) clocker.NetworkUpdate {
	u := clocker.NetworkUpdate{Revision: 1, Complete: true, Network: clocker.Network{
		ID: id, Application: application, CIDR: fmt.Sprintf("127.%d.0.0/16", second), Gateway: fmt.Sprintf("127.%d.0.250", second)}}
	for i := range members {
		u.Endpoints = append(u.Endpoints, clocker.Endpoint{
			Container: clocker.Container{Application: application, UID: id, Entity: "web", Ordinal: i},
			Address:   fmt.Sprintf("127.%d.%d.%d", second, i/200, 1+i%200), Host: "localhost", Healthy: true})
	}
	return u
}

func (f *fixture) serve(networks ...clocker.NetworkUpdate) {
	f.zone.Store(zone.New("localhost", clocker.NetworkSnapshot{Networks: networks}))
	f.server.Wake()
}

type question struct {
	transport string // udp when empty
	from      string // source address
	gateway   string
	name      string
	change    func(*dns.Msg)
}

func (f *fixture) ask(t *testing.T, q question) (*dns.Msg, error) {
	t.Helper()
	m := new(dns.Msg).SetQuestion(q.name, dns.TypeA)
	if q.change != nil {
		q.change(m)
	}
	c := &dns.Client{Net: q.transport, Timeout: 2 * time.Second, UDPSize: dns.MaxMsgSize}
	ip := netip.MustParseAddr(q.from)
	if q.transport == "tcp" {
		c.Dialer = &net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 0))}
	} else {
		c.Dialer = &net.Dialer{LocalAddr: net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0))}
	}
	r, _, err := c.Exchange(m, netip.AddrPortFrom(netip.MustParseAddr(q.gateway), f.port).String())
	return r, err
}

// eventually asks until the answer is there: a listener opens some time after Wake.
func (f *fixture) eventually(t *testing.T, q question) *dns.Msg {
	t.Helper()
	var reply *dns.Msg
	runtest.Eventually(t, "ask "+q.name+" of "+q.gateway, func() (err error) {
		reply, err = f.ask(t, q)
		return err
	})
	return reply
}

var errStill = errors.New("it still answers")
