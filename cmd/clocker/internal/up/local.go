package up

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"clocker.io/pkg/pg/server"
	"clocker.io/pkg/reconcile"
)

// local is a Postgres of the system's binaries that is started again whenever it ends.
type local struct {
	cfg server.Config
	log *slog.Logger

	mu  sync.Mutex
	now *server.Server
}

func localDatabase(ctx context.Context, d Data, b server.Binaries, network *server.Network, log *slog.Logger) (database, error) {
	l := &local{log: log, cfg: server.Config{
		Binaries: b, Dir: d.path("postgres"), Socket: d.path("postgres.socket"), Fsync: true, Network: network, Log: log,
	}}
	s, err := l.start(ctx)
	if err != nil {
		return database{}, err
	}
	url, err := s.CreateDatabase(ctx, databaseName)
	if err != nil {
		return database{}, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	what := fmt.Sprintf("Postgres %s of this system (%s), data in %s", b.Version, b.Dir, l.cfg.Dir)
	if s.Attached() {
		what += ", which was running already"
	}
	return database{URL: url, What: what, Run: l.run, Reload: l.reload, Stop: l.stop}, nil
}

func (l *local) start(ctx context.Context) (*server.Server, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute) // replaying a long log after a crash takes its time
	defer cancel()
	s, err := server.Start(ctx, l.cfg)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = s
	return s, nil
}

func (l *local) current() *server.Server {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// run starts the server again each time it ends, until ctx ends. The services wait meanwhile: their pools reconnect.
func (l *local) run(ctx context.Context) error {
	wait := reconcile.Backoff{Min: 50 * time.Millisecond, Max: 5 * time.Second, Factor: 2}
	for attempt := 0; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.current().Done():
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.log.Warn("Postgres ended; starting it again")
		_, err := l.start(ctx)
		if err == nil {
			attempt = 0
			continue
		}
		attempt++
		l.log.Error("Postgres does not start", "reason", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait.After(attempt)):
		}
	}
}

func (l *local) stop(ctx context.Context) error { return l.current().Stop(ctx) }

func (l *local) reload() { l.current().Reload() }
