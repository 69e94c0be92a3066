package dns_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	miekg "github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/run"
	"clocker.io/pkg/run/runtest"
	"clocker.io/services/dns"
)

func network(revision int64, members ...string) clocker.NetworkUpdate {
	u := clocker.NetworkUpdate{Revision: revision, Complete: true, Network: clocker.Network{
		ID: "u1", Application: "shop", CIDR: "127.61.0.0/16", Gateway: "127.61.0.250"}}
	for i, m := range members {
		u.Endpoints = append(u.Endpoints, clocker.Endpoint{Address: m, Host: "localhost", Healthy: true,
			Container: clocker.Container{Application: "shop", UID: "u1", Entity: "web", Ordinal: i}})
	}
	return u
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// startService runs the service until the returned function.
func startService(t *testing.T, conn *bus.Conn, env map[string]string) (stop func()) {
	t.Helper()
	p := run.Platform{Name: "dns", Log: slog.New(slog.DiscardHandler), Now: time.Now, Bus: conn, Data: env["data"],
		Metrics: prometheus.NewRegistry(), Env: runtest.Env(env)}
	s, err := dns.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return runtest.Start(t, p, s)
}

// expect asks until the first answer is as wanted.
func expect(t *testing.T, port int, name, want string) {
	t.Helper()
	c := &miekg.Client{Timeout: time.Second, Dialer: &net.Dialer{LocalAddr: &net.UDPAddr{IP: net.IPv4(127, 61, 0, 1)}}}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(2 * time.Minute)
	for {
		got := ""
		m, _, err := c.Exchange(new(miekg.Msg).SetQuestion(name, miekg.TypeA), fmt.Sprintf("127.61.0.250:%d", port))
		switch {
		case err != nil:
			got = err.Error()
		case len(m.Answer) > 0:
			got = m.Answer[0].(*miekg.A).A.String()
		default:
			got = miekg.RcodeToString[m.Rcode]
		}
		if got == want {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s = %s, want %s", name, got, want)
		}
	}
}

// From ipam's snapshot and updates to answers, and on without ipam after a restart.
func TestService(t *testing.T) {
	t.Parallel()
	server := bustest.Server(t)
	control, agent := bustest.Control(t, server), bustest.As(t, server, "dns-localhost")
	dir := t.TempDir()
	resolv := filepath.Join(dir, "resolv.conf")
	if err := os.WriteFile(resolv, []byte("nameserver 127.0.0.11\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	env := map[string]string{"data": dir, "CLOCKER_DNS_PORT": strconv.Itoa(port), "CLOCKER_RESOLV_CONF": resolv}

	ipam, stopIPAM := context.WithCancel(context.Background())
	defer stopIPAM()
	answers := bus.Respond(clocker.SubjectAsk+"*", "ipam", func(_ context.Context, _ string, a clocker.Ask) (clocker.NetworkSnapshot, error) {
		if a.Kind != clocker.AskNetworks {
			return clocker.NetworkSnapshot{}, bus.ErrNotMine
		}
		return clocker.NetworkSnapshot{Host: a.Host, Networks: []clocker.NetworkUpdate{network(4, "127.61.0.17")}}, nil
	})
	ended := make(chan struct{})
	go func() { defer close(ended); _ = answers.Serve(ipam, control) }()

	stop := startService(t, agent, env)
	expect(t, port, "0.web.shop.clocker.internal.", "127.61.0.17")
	expect(t, port, "1.web.shop.clocker.internal.", "NXDOMAIN")
	expect(t, port, "example.com.", "SERVFAIL") // the only resolver is an engine's, which would ask us

	delta := network(5, "127.61.0.17", "127.61.0.18")
	delta.Complete, delta.Previous = false, 4
	if err := control.Publish(clocker.SubjectNet+"localhost", delta); err != nil {
		t.Fatal(err)
	}
	expect(t, port, "1.web.shop.clocker.internal.", "127.61.0.18")

	stop()
	stopIPAM()
	<-ended
	defer startService(t, agent, env)()
	expect(t, port, "1.web.shop.clocker.internal.", "127.61.0.18")
}
