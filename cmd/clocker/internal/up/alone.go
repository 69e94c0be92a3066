package up

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/bus/embed"
	"clocker.io/pkg/run"

	"golang.org/x/sync/errgroup"
)

// NATS runs the NATS server alone, on CLOCKER_NATS_LISTEN, until ctx ends. With CLOCKER_NATS_AUTH it knows the identities
// of that directory and makes none. It reads the accounts again when they change, and on SIGHUP.
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
	g.Go(func() error { return reloads(ctx, s, auth, o.Log) })
	if listen := o.Env("CLOCKER_HEALTH_LISTEN"); listen != "" {
		checks := []run.Check{{Name: "jetstream", Ready: func(context.Context) error { return s.Healthy() }}}
		g.Go(func() error { return run.ServeHTTP(ctx, listen, run.HealthHandler(registry, checks)) })
	}
	return ended(ctx, g.Wait())
}

// reloads has the server read its accounts again, until ctx ends.
func reloads(ctx context.Context, s *embed.Server, auth string, log *slog.Logger) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	changed := watch(ctx, lookEvery, access.AccountFile(auth))
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-hup:
		case <-changed:
		}
		if err := s.Reload(); err != nil {
			log.Error("what was there stays", "reason", err)
			continue
		}
		log.Info("NATS has read its accounts again")
	}
}
