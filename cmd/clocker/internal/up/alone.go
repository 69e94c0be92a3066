package up

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/server"
)

// NATS runs the NATS server alone, on CLOCKER_NATS_LISTEN, until ctx ends.
func NATS(ctx context.Context, o Options) error {
	d, err := OpenData(o.Dir)
	if err != nil {
		return err
	}
	listen := setting(o.Env, "CLOCKER_NATS_LISTEN", "127.0.0.1:4222")
	s, err := embedNATS(d, listen, o.Log)
	if err != nil {
		return err
	}
	o.Say(fmt.Sprintf("NATS listens on %s; credentials: %s (control services), %s (agent and dns)", s.Addr(),
		d.credentials(userControl), d.credentials(userHost)))
	<-ctx.Done()
	s.Stop()
	return nil
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
