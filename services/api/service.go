package api

import (
	"context"
	"path/filepath"
	"strings"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/run"
	"clocker.io/services/api/internal/http"
	"clocker.io/services/api/internal/ledger"
	"clocker.io/services/api/internal/readings"
	"clocker.io/services/api/internal/store"
)

// Schema is the service's part of the database.
var Schema = pg.Schema{Name: "api", Migrations: store.Migrations()}

// New builds the service. Settings: CLOCKER_LISTEN (127.0.0.1:8080), CLOCKER_HOSTS (further names that a request's Host
// may have, with commas between), CLOCKER_TLS_CERT and CLOCKER_TLS_KEY (files; without them plain HTTP, on loopback alone
// unless CLOCKER_INSECURE_LISTEN is yes), CLOCKER_TOKEN_FILE (token in the data directory, made when absent).
func New(p run.Platform) (run.Service, error) {
	db, err := pg.OpenFor(p, Schema)
	if err != nil {
		return run.Service{}, err
	}
	data := store.New(db)
	measured := readings.New(readings.Usual, p.Now)
	checks := []run.Check{{Name: "database", Ready: db.Ready}}
	rest, err := http.New(http.Config{
		Listen: p.Env("CLOCKER_LISTEN", "127.0.0.1:8080"), Hosts: words(p.Env("CLOCKER_HOSTS", "")),
		TLSCert: p.Env("CLOCKER_TLS_CERT", ""), TLSKey: p.Env("CLOCKER_TLS_KEY", ""), Insecure: p.Env("CLOCKER_INSECURE_LISTEN", "") == "yes",
		TokenFile: p.Env("CLOCKER_TOKEN_FILE", filepath.Join(p.Data, "token")), Installation: p.Installation,
		Store: data, Logs: p.Bus, Services: p.Bus, Readings: measured, Published: p.Bus.OnEvent, Checks: append(checks, run.Check{Name: "nats", Ready: p.Bus.Ready}),
		Metrics: p.Metrics, Gatherer: p.Gatherer, Tracer: p.Tracer, Now: p.Now, Log: p.Log,
	})
	if err != nil {
		db.Close()
		return run.Service{}, err
	}
	measure, err := measureHops(p.Bus, p.Metrics)
	if err != nil {
		db.Close()
		return run.Service{}, err
	}
	sensors, err := hearSensors(measured, p)
	if err != nil {
		db.Close()
		return run.Service{}, err
	}
	consumer := bus.Consume("api", data.Unit(),
		bus.On(ledger.OnOperationFinished[*store.Store]),
		bus.On(ledger.OnApplicationGone[*store.Store]),
	)
	return run.Service{
		Name: "api",
		Setup: func(ctx context.Context) error {
			if err := rest.Prepare(); err != nil {
				return err
			}
			return db.Wait(ctx)
		},
		Consumers:  []bus.Consumer{consumer},
		Responders: []bus.Responder{sensors},
		Loops: append(pg.Loops(p, db, consumer),
			run.Loop{Name: "listen", Run: rest.Serve},
			run.Loop{Name: "wake", Run: rest.Wake},
			run.Loop{Name: "sessions", Run: rest.Sessions},
			run.Loop{Name: "hops", Run: measure},
			run.Loop{Name: "prune", Run: data.PruneLoop},
		),
		Checks: checks,
		Close:  db.Close,
	}, nil
}

// words splits a list with commas.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}
