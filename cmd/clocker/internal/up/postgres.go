package up

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/server"
	"clocker.io/pkg/run"

	"golang.org/x/sync/errgroup"
)

// Postgres runs the local Postgres of a data directory alone until ctx ends; url is told once it takes connections. With
// CLOCKER_POSTGRES_LISTEN it has a port, for roles with a password over TLS (CLOCKER_TLS_CERT, CLOCKER_TLS_KEY); the owner's
// password is in CLOCKER_DATABASE_PASSWORD_FILE, and the data directory holds the database alone.
func Postgres(ctx context.Context, o Options, url func(string)) error {
	network := networkOf(o.Env)
	d, err := postgresData(o.Dir, network != nil)
	if err != nil {
		return err
	}
	release, err := single(d)
	if err != nil {
		return err
	}
	defer release()
	binaries, err := server.Find()
	if err != nil {
		return err
	}
	db, err := localDatabase(ctx, d, binaries, network, o.Log)
	if err != nil {
		return err
	}
	o.Say("database: " + db.What)
	url(db.URL)
	err = serveDatabase(ctx, o, db, network)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return errors.Join(ended(ctx, err), db.Stop(stop))
}

func networkOf(env func(string) string) *server.Network {
	listen := env("CLOCKER_POSTGRES_LISTEN")
	if listen == "" {
		return nil
	}
	return &server.Network{Listen: listen, Database: databaseName, Cert: env("CLOCKER_TLS_CERT"), Key: env("CLOCKER_TLS_KEY")}
}

// postgresData is the data directory of an installation, or one that holds a database alone.
func postgresData(dir string, alone bool) (Data, error) {
	if !alone {
		return OpenData(dir)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Data{}, fmt.Errorf("open data directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return Data{}, fmt.Errorf("make data directory: %w", err)
	}
	return Data{Dir: dir}, nil
}

// single refuses a second minder of the database. Two containers on one volume do not see each other's processes, so that
// Postgres's own check finds nothing; a lock they share.
func single(d Data) (release func(), err error) {
	f, err := os.OpenFile(d.path("postgres.alone"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another process runs the database in %s", d.Dir)
		}
		return nil, fmt.Errorf("lock the database: %w", err)
	}
	return func() { _ = f.Close() }, nil // closing gives it back
}

// serveDatabase keeps the database running, with what belongs to one with a port.
func serveDatabase(ctx context.Context, o Options, db database, network *server.Network) error {
	if network == nil {
		return db.Run(ctx)
	}
	passwordFile := o.Env("CLOCKER_DATABASE_PASSWORD_FILE")
	renewed := watch(ctx, lookEvery, passwordFile) // before it is read, so that no change is missed
	if err := takePassword(ctx, db, passwordFile); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return db.Run(ctx) })
	changed := watch(ctx, lookEvery, network.Cert)
	g.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-changed:
				db.Reload()
				o.Log.Info("Postgres reads its certificate again")
			case <-renewed:
				if err := takePassword(ctx, db, passwordFile); err != nil {
					return err
				}
				o.Log.Info("the owner of the database has another password")
			}
		}
	})
	if listen := o.Env("CLOCKER_HEALTH_LISTEN"); listen != "" {
		checks := []run.Check{{Name: "database", Ready: func(ctx context.Context) error { return server.Ping(ctx, db.URL) }}}
		g.Go(func() error { return run.ServeHTTP(ctx, listen, run.HealthHandler(newRegistry(), checks)) })
	}
	return g.Wait()
}

// takePassword gives the owner of the database the password of a file.
func takePassword(ctx context.Context, db database, file string) error {
	password, err := readLine(file)
	if err != nil {
		return fmt.Errorf("read the owner's password: %w", err)
	}
	return pg.OwnPassword(ctx, db.URL, password)
}
