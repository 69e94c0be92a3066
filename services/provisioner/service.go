package provisioner

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/run"
	"clocker.io/services/provisioner/internal/control"
	"clocker.io/services/provisioner/internal/provider"
	"clocker.io/services/provisioner/internal/store"
)

// Schema is the service's part of the database.
var Schema = pg.Schema{Name: "provisioner", Migrations: store.Migrations()}

const localhost = "localhost"

// New builds the service. Settings: CLOCKER_MAX_CONTAINERS (64, for each host of the first cloud
// when it is made), CLOCKER_JOIN_TOKEN_FILE (join-token in the data directory).
func New(p run.Platform) (run.Service, error) {
	cloud, err := firstCloud(p.Env("CLOCKER_MAX_CONTAINERS", "64"))
	if err != nil {
		return run.Service{}, err
	}
	db, err := pg.OpenFor(p, Schema)
	if err != nil {
		return run.Service{}, err
	}
	c := control.New(control.Config{
		DB: db, Bus: p.Bus, Location: localhost, Now: p.Now, Log: p.Log, Metrics: p.Metrics,
		TokenFile: p.Env("CLOCKER_JOIN_TOKEN_FILE", filepath.Join(p.Data, "join-token")),
		Providers: map[string]provider.Provider{
			localhost: provider.NewLocalhost(control.Offers{DB: db, Location: localhost}),
		},
	})
	p.Bus.OnReconnect(c.Reconnected)
	consumer := bus.Consume("provisioner", c.Unit(), bus.On(c.Needed), bus.On(c.Operation))

	return run.Service{
		Name: "provisioner",
		Setup: func(ctx context.Context) error {
			if err := db.Wait(ctx); err != nil {
				return err
			}
			return c.Unit().Run(ctx, func(ctx context.Context, s *store.Store) ([]events.Event, error) {
				return nil, s.Seed(ctx, cloud)
			})
		},
		Consumers: []bus.Consumer{consumer},
		Responders: []bus.Responder{
			bus.Respond(clocker.SubjectAsk+"*", "provisioner", c.Ask),
			bus.Respond(clocker.SubjectFact+"*", "provisioner", c.Facts),
			bus.Listen(clocker.SubjectBeat+"*", "", c.Beat),
			bus.Listen(clocker.SubjectNudge+"provisioner", "", c.Nudged),
		},
		Loops:  append(pg.Loops(p, db, consumer), run.Loop{Name: "hosts", Run: c.Watch}),
		Checks: []run.Check{{Name: "database", Ready: db.Ready}, {Name: "bus", Ready: p.Bus.Ready}},
		Close:  db.Close,
	}, nil
}

// firstCloud is the cloud that every installation starts with: the machine that it runs on.
func firstCloud(maxContainers string) (store.Cloud, error) {
	n, err := strconv.Atoi(maxContainers)
	if err != nil || n < 1 {
		return store.Cloud{}, fmt.Errorf("CLOCKER_MAX_CONTAINERS %q: want a number from 1", maxContainers)
	}
	return store.Cloud{
		Name: "my-docker-cloud", Location: localhost, Provider: localhost, MaxHosts: 1, MaxContainers: n,
		Strategies: []clocker.Strategy{{Name: "MaxContainers"}, {Name: "BreadthFirst"}},
	}, nil
}
