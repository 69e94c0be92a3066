package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/netutil"

	"clocker.io/services/dns/internal/zone"
)

const (
	tcpConnections = 64 // per network
	closeWithin    = 2 * time.Second
)

// listener is one network's pair of sockets.
type listener struct {
	at      zone.Listener
	servers []*dns.Server
	failed  chan error // at most one error a socket, when serving ends by itself
}

// open binds both sockets before it serves any, so that a network is either served whole or not at all.
func open(ctx context.Context, at zone.Listener, port uint16, h dns.Handler) (*listener, error) {
	address := netip.AddrPortFrom(at.Gateway, port).String()
	lc := net.ListenConfig{Control: freebind}
	packets, err := lc.ListenPacket(ctx, "udp4", address)
	if err != nil {
		return nil, fmt.Errorf("listen for network %s: %w", at.Network, err)
	}
	streams, err := lc.Listen(ctx, "tcp4", address)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for network %s: %w", at.Network, err), packets.Close())
	}
	l := &listener{at: at, failed: make(chan error, 2), servers: []*dns.Server{
		{PacketConn: packets, Net: "udp", Handler: h},
		{Listener: netutil.LimitListener(streams, tcpConnections), Net: "tcp", Handler: h},
	}}
	for _, s := range l.servers {
		l.serve(s)
	}
	return l, nil
}

// serve returns once the server has started: one that has not cannot be shut down.
func (l *listener) serve(s *dns.Server) {
	started := make(chan struct{})
	s.NotifyStartedFunc = func() { close(started) }
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.ActivateAndServe(); err != nil {
			l.failed <- err
		}
	}()
	select {
	case <-started:
	case <-ended:
	}
}

// broken is the error that ended a socket, nil while both serve.
func (l *listener) broken() error {
	select {
	case err := <-l.failed:
		l.failed <- err
		return err
	default:
		return nil
	}
}

func (l *listener) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	for _, s := range l.servers {
		// The error says that questions were still open, or that it had ended already: closed either way.
		_ = s.ShutdownContext(ctx)
	}
}
