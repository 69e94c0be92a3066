package dns

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/run"
	"clocker.io/pkg/snapshot"
	"clocker.io/services/dns/internal/feed"
	"clocker.io/services/dns/internal/forward"
	"clocker.io/services/dns/internal/server"
)

// pageWithin is how long a page of a snapshot is waited for.
const pageWithin = 2 * time.Second

// New builds the service. Settings: CLOCKER_HOST (the host's id), CLOCKER_DNS_PORT (53), CLOCKER_RESOLV_CONF
// (/etc/resolv.conf, where the upstream resolvers are).
func New(p run.Platform) (run.Service, error) {
	host := p.Env("CLOCKER_HOST", "localhost")
	port, err := strconv.ParseUint(p.Env("CLOCKER_DNS_PORT", "53"), 10, 16)
	if err != nil || port == 0 {
		return run.Service{}, fmt.Errorf("CLOCKER_DNS_PORT %q is no port", p.Env("CLOCKER_DNS_PORT", ""))
	}
	var names *server.Server
	known := feed.New(feed.Config{
		Host: host, File: filepath.Join(p.Data, "dns", "networks.json"), Ask: askNetworks(p.Bus, host),
		Changed: func() { names.Wake() }, Now: p.Now, Log: p.Log,
	})
	upstream := forward.New(p.Log, p.Now)
	names = server.New(server.Config{
		Port: uint16(port), Zone: known.Zone, Forward: upstream.Resolve, Shuffle: rand.Shuffle,
		Count: countReplies(p.Metrics), Log: p.Log,
	})
	measureAge(p.Metrics, known.Age)
	p.Bus.OnReconnect(known.Resync)
	resolvConf := p.Env("CLOCKER_RESOLV_CONF", "/etc/resolv.conf")

	return run.Service{
		Name: "dns",
		Setup: func(context.Context) error {
			if err := known.Load(); err != nil {
				p.Log.Warn("networks on disk are of no use", "reason", err)
			}
			return nil
		},
		Responders: []bus.Responder{
			bus.Listen(clocker.SubjectNet+host, "", func(_ context.Context, _ string, u clocker.NetworkUpdate) { known.Push(u) }),
		},
		Loops: []run.Loop{
			{Name: "networks", Run: known.Run},
			{Name: "keep", Run: known.Keep},
			{Name: "listen", Run: names.Run},
			{Name: "upstreams", Run: func(ctx context.Context) error {
				return upstream.Watch(ctx, resolvConf, known.Owns)
			}},
		},
		Checks: []run.Check{{Name: "listeners", Ready: names.Ready}},
	}, nil
}

// askNetworks asks ipam for every network of the host, page by page.
func askNetworks(conn *bus.Conn, host string) func(ctx context.Context) (clocker.NetworkSnapshot, error) {
	return func(ctx context.Context) (clocker.NetworkSnapshot, error) {
		return snapshot.Networks(func(at clocker.Page) (p clocker.NetworkSnapshot, err error) {
			wait, cancel := context.WithTimeout(ctx, pageWithin)
			defer cancel()
			err = conn.Request(wait, clocker.SubjectAsk+host, clocker.Ask{Kind: clocker.AskNetworks, Host: host, Page: &at}, &p)
			return p, err
		})
	}
}
