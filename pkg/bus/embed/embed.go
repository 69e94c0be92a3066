package embed

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"clocker.io/pkg/bus/access"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/prometheus/client_golang/prometheus"
)

// maxPayload allows for a complete snapshot of a host with a thousand containers, in bytes.
const maxPayload = 8 << 20

// Config says where the server keeps its stream and whom it trusts.
type Config struct {
	Dir string // JetStream's directory
	// SyncAlways has every batch of events synced. Nothing needs it: Postgres is synced, and the stream is filled again.
	SyncAlways bool
	Auth       string // directory of identities, see access.Make; the server reads its part server alone
	Listen     string // host:port; empty opens no port
	TLS        TLS    // for the port; services of the same process need none
	Log        *slog.Logger
	Metrics    prometheus.Registerer // nil counts for nobody
}

// Server is a running server. It is an InProcessConnProvider for bus.Options.
type Server struct {
	*server.Server
	auth     string
	accounts server.AccountResolver
	refusals *refusals
	guard    *guard // of JetStream's storage; nil until the server takes connections
}

// Start runs a server and returns when it takes connections, at most 10 s later.
func Start(cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	s := &Server{auth: cfg.Auth, accounts: &server.MemAccResolver{}}
	opts, err := s.options(cfg)
	if err != nil {
		return nil, err
	}
	if s.Server, err = server.NewServer(opts); err != nil {
		return nil, fmt.Errorf("start NATS: %w", err)
	}
	s.refusals = newRefusals(cfg.Log, cfg.Metrics, s.userOf)
	s.SetLogger(logger{cfg.Log, s.refusals}, false, false)
	go s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		s.Stop()
		if cfg.Listen != "" {
			return nil, fmt.Errorf("start NATS: not ready after 10 s; is %s held by another program?", cfg.Listen)
		}
		return nil, errors.New("start NATS: not ready after 10 s")
	}
	s.guard = watch(s.Server, cfg.Dir, cfg.Log)
	return s, nil
}

// authTime is how long a client may take to say who it is. It does so at once, unless the machine stands still.
const authTime = 10 * time.Second

func (s *Server) options(cfg Config) (*server.Options, error) {
	trust, err := s.trust()
	if err != nil {
		return nil, fmt.Errorf("start NATS: %w", err)
	}
	if err := sweep(cfg.Dir, trust.Accounts); err != nil {
		return nil, fmt.Errorf("start NATS: %w", err)
	}
	opts := &server.Options{
		ServerName: "clocker", DontListen: cfg.Listen == "", NoSigs: true, MaxPayload: maxPayload,
		JetStream: true, StoreDir: cfg.Dir, SyncAlways: cfg.SyncAlways, DisableJetStreamBanner: true, WriteDeadline: 10 * time.Second,
		AccountResolver: s.accounts, SystemAccount: trust.Operator.SystemAccount,
		MaxPingsOut: 2,
		AuthTimeout: authTime.Seconds(),
	}
	opts.TrustedOperators = append(opts.TrustedOperators, trust.Operator)
	if cfg.Listen == "" {
		return opts, nil // whoever is connected stands still with the server
	}
	// Who stands still is cut off within 15 s: until then it gets its share of its service's requests, and answers none.
	opts.PingInterval = 5 * time.Second
	host, port, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("NATS listen address %q: %w", cfg.Listen, err)
	}
	opts.Host = host
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return nil, fmt.Errorf("NATS listen address %q: %w", cfg.Listen, err)
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	if !cfg.TLS.empty() {
		if opts.TLSConfig, err = cfg.TLS.config(cfg.Log); err != nil {
			return nil, fmt.Errorf("start NATS: %w", err)
		}
		opts.TLS, opts.TLSTimeout = true, 5
	}
	return opts, nil
}

// trust reads whom to trust, and has the accounts known by it.
func (s *Server) trust() (access.Trust, error) {
	trust, err := access.Server(s.auth)
	if err != nil {
		return access.Trust{}, err
	}
	for account, claims := range trust.Accounts {
		if err := s.accounts.Store(account, claims); err != nil {
			return access.Trust{}, err
		}
	}
	return trust, nil
}

// Reload reads the accounts again. Connections stay, except of users that the account vouches for no longer.
func (s *Server) Reload() error {
	trust, err := s.trust()
	if err != nil {
		return fmt.Errorf("reload NATS: %w", err)
	}
	s.guard.accounts.Lock()
	defer s.guard.accounts.Unlock()
	for name := range trust.Accounts {
		account, err := s.LookupAccount(name)
		if err != nil {
			return fmt.Errorf("reload NATS: %w", err)
		}
		claims, err := trust.Claims(name)
		if err != nil {
			return fmt.Errorf("reload NATS: %w", err)
		}
		s.UpdateAccountClaims(account, claims)
	}
	return nil
}

// Healthy says why the server is of no use: it does not take connections, or cannot keep events.
func (s *Server) Healthy() error {
	if !s.Running() {
		return errors.New("the server does not run")
	}
	if !s.JetStreamEnabled() {
		return errors.New("JetStream is disabled, so that no event can be kept")
	}
	return s.guard.healthy()
}

// Stop ends the server and waits for it.
func (s *Server) Stop() {
	if s.guard != nil {
		s.guard.stop()
	}
	s.Shutdown()
	s.WaitForShutdown()
	s.refusals.stop()
}
