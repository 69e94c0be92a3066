package http

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"clocker.io/docs"
	"clocker.io/pkg/fresh"
	"clocker.io/pkg/run"
	"clocker.io/pkg/trace"
	"clocker.io/services/api/internal/pages"
	"clocker.io/services/api/internal/readings"
	"clocker.io/services/api/internal/store"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// LogSource streams what a request on a core NATS subject is answered with; bus.Conn is one.
type LogSource interface {
	RequestStream(ctx context.Context, subject string, v any, each func(data []byte) error) error
}

// Config is what the interface stands on.
type Config struct {
	Listen       string   // host:port
	Hosts        []string // further names that a request's Host may have
	TLSCert      string   // file with the certificate, in PEM; empty speaks plain HTTP
	TLSKey       string   // file with its key
	Insecure     bool     // plain HTTP also where other machines can reach it
	TokenFile    string   // made on Prepare when absent
	Installation string
	Store        *store.Database
	Logs         LogSource
	Services     Services
	Readings     *readings.Store
	Published    func(ctx context.Context, fn func(number int64)) error // calls fn for events as they are published
	Checks       []run.Check
	Metrics      prometheus.Registerer
	Gatherer     prometheus.Gatherer
	Tracer       *trace.Tracer
	Now          func() time.Time
	Log          *slog.Logger
}

// Server answers requests. Safe for concurrent use once Prepare has returned.
type Server struct {
	cfg         Config
	store       *store.Database
	log         *slog.Logger
	bootstrap   *fresh.Value[string]
	certificate *fresh.Value[*tls.Certificate] // nil without TLS
	health      *run.Health
	sessions    *sessions
	attempts    attempts
	hub         *hub
	site        func() (*pages.Site, error) // made when somebody first asks
	uploads     chan struct{}               // slots: a build context is held in memory
	streams     context.Context
	execs       sync.WaitGroup // what runs in containers for users
	end         context.CancelFunc
	requests    *prometheus.HistogramVec
	refusals    *prometheus.CounterVec
	beat        time.Duration // between signs of life of an idle stream of events
	slow        time.Duration // how long a reader of a stream may take for one write
}

// uploadsAtOnce bounds the memory that build contexts take.
const uploadsAtOnce = 4

// New makes a server; it does no I/O.
func New(cfg Config) (*Server, error) {
	if err := checkListen(cfg); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, store: cfg.Store, log: cfg.Log, uploads: make(chan struct{}, uploadsAtOnce),
		beat: heartbeat, slow: slowReader}
	s.health = run.NewHealth(cfg.Checks)
	s.sessions = newSessions(cfg.Now)
	s.hub = newHub(cfg.Published, s.head)
	s.site = sync.OnceValues(func() (*pages.Site, error) { return pages.New(docs.Files) })
	s.streams, s.end = context.WithCancel(context.Background())
	s.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "clocker_api_request_seconds", Help: "Time to answer a request.", Buckets: prometheus.DefBuckets,
	}, []string{"method", "route", "status"})
	s.refusals = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "clocker_api_refusals_total", Help: "Requests refused for who asks, or how.",
	}, []string{"reason"})
	for _, reason := range []string{"missing", "unknown", "expired", "revoked", "role", "host", "origin"} {
		s.refusals.WithLabelValues(reason)
	}
	for _, c := range []prometheus.Collector{s.requests, s.refusals} {
		if err := cfg.Metrics.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return s, nil
}

// Prepare reads the server's certificate, and the token of the installation's token file, which it makes if there is none.
func (s *Server) Prepare() (err error) {
	if err := s.readCertificate(); err != nil {
		return err
	}
	s.bootstrap, err = fresh.New(s.log, func() (string, error) { return readToken(s.cfg.TokenFile) }, s.cfg.TokenFile)
	return err
}

// Wake is the loop that tells streams of events that there are more; it returns when ctx ends.
func (s *Server) Wake(ctx context.Context) error { return s.hub.run(ctx) }

// Handler is everything the server answers.
func (s *Server) Handler() http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = s.fail
	e.Use(s.trace, s.measure, s.recover, s.guardHost, s.authenticate, s.readable)
	s.routes(e)
	return e
}

const (
	headerTimeout = 10 * time.Second
	readTimeout   = 5 * time.Minute // of a body: 32 MiB over a slow line
	writeTimeout  = time.Minute     // of an answer; streams move it on with every write
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 5 * time.Second
)

// Serve listens and answers until ctx ends; streams are then cut, other requests get some seconds to finish.
func (s *Server) Serve(ctx context.Context) error {
	l, err := net.Listen("tcp", s.cfg.Listen)
	if err != nil {
		return listenError(s.cfg.Listen, err)
	}
	return s.serve(ctx, l)
}

func (s *Server) serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), TLSConfig: s.tlsConfig()}
	s.log.Info("api listens", "address", l.Addr().String(), "tls", srv.TLSConfig != nil)
	done := make(chan error, 1)
	go func() {
		if srv.TLSConfig != nil {
			done <- srv.ServeTLS(l, "", "")
			return
		}
		done <- srv.Serve(l)
	}()
	select {
	case err := <-done:
		return fmt.Errorf("serve %s: %w", s.cfg.Listen, err)
	case <-ctx.Done():
	}
	s.end()
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := srv.Shutdown(wait); err != nil {
		_ = srv.Close() // what is still open is cut
	}
	notes, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	s.waitForExecs(notes)
	return ctx.Err()
}

// waitForExecs lets it be written down how commands in containers ended.
func (s *Server) waitForExecs(ctx context.Context) {
	ended := make(chan struct{})
	go func() { s.execs.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
	}
}
