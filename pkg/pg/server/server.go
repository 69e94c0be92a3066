package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// superuser owns the cluster that initdb makes. It is a name inside Postgres, not an account of the system.
const superuser = "clocker"

// poll is how often readiness and another process's end are looked at: Postgres has no signal for either.
const poll = 10 * time.Millisecond

// Config says which server to run.
type Config struct {
	Binaries Binaries
	Dir      string            // data directory, absolute; made when it does not exist
	Socket   string            // directory of the socket; empty means Dir + ".socket"
	Fsync    bool              // false only where losing the data on a power cut is wanted: tests
	Settings map[string]string // Postgres settings that override ours
	Network  *Network          // nil: no port, the socket alone
	Log      *slog.Logger      // what the server prints; nil drops it
}

// Server is a running Postgres. Its methods are safe for concurrent use.
type Server struct {
	socket   string
	port     int
	pid      int
	attached bool
	done     chan struct{}
	err      error // why it ended; read after done
	tail     *tail
}

// Start makes the data directory if there is none and runs a Postgres on it, or attaches to the one that already runs
// there. It returns when the server takes connections. ctx bounds the start alone; a server that was started here ends
// with Stop, or with this process. Errors say what a user can do: a directory of another major version, a directory
// that is not Postgres's, no account to run as.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, cfg.Dir+".lock")
	if err != nil {
		return nil, err
	}
	defer unlock()
	for {
		s, err := attach(ctx, cfg)
		if s != nil || err != nil {
			return s, err
		}
		s, err = launch(ctx, cfg)
		if !errors.Is(err, errLeftovers) {
			return s, err
		}
		// The children of a killed postmaster hold its shared memory for an instant longer.
		if err := pause(ctx); err != nil {
			return nil, fmt.Errorf("wait for the end of a killed Postgres: %w", err)
		}
	}
}

func (c Config) complete() (Config, error) {
	if c.Binaries.Dir == "" {
		return c, errors.New("start Postgres: no binaries are named")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil || c.Dir == "" {
		return c, fmt.Errorf("start Postgres: data directory %q: %w", c.Dir, err)
	}
	c.Dir = filepath.Clean(dir)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(filepath.Dir(c.Dir), 0o711); err != nil {
		return c, fmt.Errorf("make the directory of the database: %w", err)
	}
	// The same directory by another name must give the same lock and the same socket.
	parent, err := filepath.EvalSymlinks(filepath.Dir(c.Dir))
	if err != nil {
		return c, fmt.Errorf("resolve %s: %w", c.Dir, err)
	}
	c.Dir = filepath.Join(parent, filepath.Base(c.Dir))
	c.Socket = socketDir(c.Socket, c.Dir)
	if c.Network != nil {
		settings, err := c.Network.settings(c.hbaFile())
		if err != nil {
			return c, err
		}
		maps.Copy(settings, c.Settings)
		c.Settings = settings
	}
	return c, nil
}

func (c Config) hbaFile() string { return c.Dir + ".hba" }

// port is the number in the socket's name, and the port where there is one.
func (c Config) port() int {
	if n, err := strconv.Atoi(c.Settings["port"]); err == nil {
		return n
	}
	return port
}

// attach gives the server that already runs on the directory; nil when there is none, or when it ended while we asked.
func attach(ctx context.Context, cfg Config) (*Server, error) {
	for {
		p, ok, err := living(cfg.Dir)
		if err != nil || !ok {
			return nil, err
		}
		if p.Socket != "" && p.Port != 0 {
			s := &Server{socket: p.Socket, port: p.Port, pid: p.PID, attached: true, done: make(chan struct{})}
			if err = s.ping(ctx); err == nil {
				go s.watch(cfg.Dir)
				return s, nil
			}
		}
		if pauseErr := pause(ctx); pauseErr != nil {
			return nil, fmt.Errorf("attach to the Postgres of %s (pid %d): %w", cfg.Dir, p.PID, errors.Join(err, pauseErr))
		}
	}
}

// watch closes done when a server that is not our child has ended.
func (s *Server) watch(dir string) {
	t := time.NewTicker(10 * poll)
	defer t.Stop()
	for range t.C {
		if !alive(s.pid) || !serves(s.pid, dir) {
			s.err = fmt.Errorf("the attached Postgres (pid %d) ended", s.pid)
			close(s.done)
			return
		}
	}
}

// launch starts a server of our own and waits until it takes connections.
func launch(ctx context.Context, cfg Config) (*Server, error) {
	who, err := prepare(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Network != nil {
		if err := cfg.Network.writeHBA(cfg.hbaFile(), who); err != nil {
			return nil, err
		}
	}
	s := &Server{socket: cfg.Socket, port: cfg.port(), done: make(chan struct{}), tail: newTail(cfg.Log)}
	cmd := exec.Command(filepath.Join(cfg.Binaries.Dir, "postgres"), arguments(cfg)...)
	cmd.Dir, cmd.Env, cmd.Stderr, cmd.Stdout = "/", environment(), s.tail, s.tail
	cmd.SysProcAttr = who.attributes(syscall.SIGINT)
	cmd.WaitDelay = 2 * time.Second // backends of a killed postmaster keep its stderr open
	if err := s.runLocked(cmd); err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	for {
		err := s.ping(ctx)
		if err == nil {
			return s, nil
		}
		select {
		case <-s.done:
			return nil, s.refusal()
		case <-time.After(poll):
		case <-ctx.Done():
			_ = s.quit()
			return nil, fmt.Errorf("wait for Postgres to take connections: %w (last answer: %v)", ctx.Err(), err)
		}
	}
}

// URL is the connection string of a database, as the superuser of this server.
func (s *Server) URL(db string) string {
	q := url.Values{"host": {s.socket}, "user": {superuser}}
	if s.port != port {
		q.Set("port", strconv.Itoa(s.port))
	}
	return (&url.URL{Scheme: "postgres", Path: "/" + db, RawQuery: q.Encode()}).String()
}

// Attached reports whether the server was there before Start.
func (s *Server) Attached() bool { return s.attached }

// PID is the process id of the postmaster.
func (s *Server) PID() int { return s.pid }

// Done is closed when the server has ended, asked or not.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop ends a server that Start started, disconnecting its clients (Postgres's fast shutdown), and returns when it has
// ended. When ctx ends first the server is stopped without a checkpoint; its next start replays the log, and nothing
// is lost. A server that was attached to is left alone.
func (s *Server) Stop(ctx context.Context) error {
	if s.attached {
		return nil
	}
	return s.StopAttached(ctx)
}

// StopAttached is Stop for any server, also one that was attached to.
func (s *Server) StopAttached(ctx context.Context) error {
	s.signal(syscall.SIGINT)
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return s.quit()
	}
}

// quit ends the server without a checkpoint.
func (s *Server) quit() error {
	s.signal(syscall.SIGQUIT)
	select {
	case <-s.done:
		return nil
	case <-time.After(5 * time.Second):
		return fmt.Errorf("stop Postgres (pid %d): it does not end", s.pid)
	}
}

// signal reaches the postmaster only while it lives: a pid may be another's afterwards.
func (s *Server) signal(sig syscall.Signal) {
	select {
	case <-s.done:
	default:
		_ = syscall.Kill(s.pid, sig) // it ended by itself: done says so
	}
}

func (s *Server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return Ping(ctx, s.URL("postgres"))
}

// errLeftovers says that Postgres refused to start because something of a killed predecessor is still there.
var errLeftovers = errors.New("parts of a killed Postgres are still there")

// refusal is the error of a server that ended before it took connections.
func (s *Server) refusal() error {
	last := s.tail.String()
	// The lock files of the data directory and of the socket name a pid, which lasts until its parent has taken notice.
	if strings.Contains(last, "is still in use") || strings.Contains(last, `lock file "`) && strings.Contains(last, `" already exists`) {
		return errLeftovers
	}
	return fmt.Errorf("start Postgres: it ended at once (%v): %s", s.err, last)
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(poll):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
