package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"

	"clocker.io/pkg/reconcile"
	"clocker.io/services/dns/internal/zone"
)

// Config is what a server needs. All of it may be used concurrently.
type Config struct {
	Port    uint16            // 53
	Zone    func() *zone.Zone // the latest; never nil
	Forward func(ctx context.Context, req *dns.Msg) (*dns.Msg, error)
	Shuffle zone.Shuffle
	Count   func(rcode int) // called once a reply
	Log     *slog.Logger
}

// Server keeps a listener for each network that the zone has.
type Server struct {
	cfg  Config
	wake chan struct{}

	mu     sync.Mutex
	open   map[string]*listener // by network id; written by Run alone
	failed map[string]error
}

// New makes a server that listens nowhere until Run.
func New(cfg Config) *Server {
	return &Server{cfg: cfg, wake: make(chan struct{}, 1), open: map[string]*listener{}, failed: map[string]error{}}
}

// Wake lets Run look at the zone's networks. It never blocks.
func (s *Server) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Ready says which networks have no listener, and why; nil when all have.
func (s *Server) Ready(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []error
	for _, id := range slices.Sorted(maps.Keys(s.failed)) {
		all = append(all, s.failed[id])
	}
	return errors.Join(all...)
}

// Run opens and closes listeners as networks come and go, and tries those again that fail; it returns when ctx ends,
// with all closed.
func (s *Server) Run(ctx context.Context) error {
	defer s.closeAll()
	backoff := reconcile.Backoff{Min: time.Second, Max: 30 * time.Second, Factor: 2}
	failures := 0
	for {
		retry := 10 * time.Second // a socket that dies by itself is seen after at most so long
		if s.reconcile(ctx) {
			failures = 0
		} else {
			failures++
			retry = backoff.After(failures)
		}
		timer := time.NewTimer(retry)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// reconcile makes the open listeners those that the zone wants; false when one could not be opened.
func (s *Server) reconcile(ctx context.Context) bool {
	wanted := map[string]zone.Listener{}
	for _, at := range s.cfg.Zone().Listeners() {
		wanted[at.Network] = at
	}
	for id, l := range s.open {
		at, ok := wanted[id]
		err := l.broken()
		if ok && at == l.at && err == nil {
			continue
		}
		l.close()
		s.forget(id)
		s.cfg.Log.Info("DNS closed", "network", id, "gateway", l.at.Gateway, "reason", closeReason(ok, err))
	}
	return s.openMissing(ctx, wanted)
}

func (s *Server) openMissing(ctx context.Context, wanted map[string]zone.Listener) bool {
	failed := map[string]error{}
	for id, at := range wanted {
		if s.open[id] != nil {
			continue
		}
		l, err := open(ctx, at, s.cfg.Port, s.handler(ctx, at))
		if err != nil {
			failed[id] = err
			s.complain(id, err)
			continue
		}
		s.mu.Lock()
		s.open[id] = l
		s.mu.Unlock()
		s.cfg.Log.Info("DNS answers", "network", id, "gateway", at.Gateway)
	}
	s.mu.Lock()
	s.failed = failed
	s.mu.Unlock()
	return len(failed) == 0
}

// complain logs a failure once, not at each retry.
func (s *Server) complain(id string, err error) {
	if was := s.failed[id]; was == nil || was.Error() != err.Error() {
		s.cfg.Log.Warn("DNS cannot listen; trying again", "network", id, "reason", err)
	}
}

func (s *Server) forget(id string) {
	s.mu.Lock()
	delete(s.open, id)
	s.mu.Unlock()
}

func (s *Server) closeAll() {
	for id, l := range s.open {
		l.close()
		s.forget(id)
	}
}

func closeReason(wanted bool, err error) string {
	switch {
	case err != nil:
		return fmt.Sprintf("its socket failed: %v", err)
	case wanted:
		return "the network's gateway changed"
	}
	return "the network is gone from this host"
}
