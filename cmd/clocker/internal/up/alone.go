package up

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"clocker.io/pkg/bus/embed"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/server"
	"clocker.io/pkg/run"

	"golang.org/x/sync/errgroup"
)

// NATS runs the NATS server alone, on CLOCKER_NATS_LISTEN, until ctx ends. With CLOCKER_NATS_AUTH it knows the identities
// of that directory and makes none. On SIGHUP it reads its certificate and the accounts again.
func NATS(ctx context.Context, o Options) error {
	auth := o.Env("CLOCKER_NATS_AUTH")
	d := Data{Dir: o.Dir}
	if auth == "" {
		var err error
		if d, err = OpenData(o.Dir); err != nil {
			return err
		}
		auth = d.natsAuth()
	}
	registry := newRegistry()
	cfg := natsConfig(d, setting(o.Env, "CLOCKER_NATS_LISTEN", "127.0.0.1:4222"), o.Env, o.Log, ofNATS(registry))
	cfg.Auth = auth
	s, err := embed.Start(cfg)
	if err != nil {
		return err
	}
	defer s.Stop()
	o.Say(fmt.Sprintf("NATS listens on %s; whom it trusts: %s", s.Addr(), filepath.Join(auth, "server")))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return reloads(ctx, s, o.Log) })
	if listen := o.Env("CLOCKER_HEALTH_LISTEN"); listen != "" {
		checks := []run.Check{{Name: "jetstream", Ready: func(context.Context) error { return s.Healthy() }}}
		g.Go(func() error { return run.ServeHTTP(ctx, listen, run.HealthHandler(registry, checks)) })
	}
	return ended(ctx, g.Wait())
}

// reloads has the server read its files again on each SIGHUP, until ctx ends.
func reloads(ctx context.Context, s *embed.Server, log *slog.Logger) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-hup:
		}
		if err := s.Reload(); err != nil {
			log.Error("what was there stays", "reason", err)
			continue
		}
		log.Info("NATS has read its certificate and its accounts again")
	}
}

// Migrate brings the database of CLOCKER_DATABASE_URL to this version.
func Migrate(ctx context.Context, o Options) error {
	url := o.Env("CLOCKER_DATABASE_URL")
	if url == "" {
		return errors.New("migrate: set CLOCKER_DATABASE_URL to a user that may create roles and schemas")
	}
	if err := server.WaitFor(ctx, url); err != nil {
		return err
	}
	if err := pg.Migrate(ctx, url, schemas()...); err != nil {
		return err
	}
	o.Say("the database has the tables of this version")
	return nil
}

// Postgres runs the local Postgres of a data directory alone until ctx ends; url is told once it takes connections.
func Postgres(ctx context.Context, o Options, url func(string)) error {
	d, err := OpenData(o.Dir)
	if err != nil {
		return err
	}
	binaries, err := server.Find()
	if err != nil {
		return err
	}
	db, err := localDatabase(ctx, d, binaries, o.Log)
	if err != nil {
		return err
	}
	o.Say("database: " + db.What)
	url(db.URL)
	err = db.Run(ctx)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return errors.Join(ended(ctx, err), db.Stop(stop))
}
