package up

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"

	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/server"
)

// database is the chosen Postgres.
type database struct {
	URL  string // of a user that may create roles and schemas
	What string // for people: which one, and where
	// Run keeps it running until ctx ends; nil when that is not our business.
	Run    func(ctx context.Context) error
	Reload func() // has it read its certificate again; nil when that is not our business
	// Stop ends it; nil when that is not our business.
	Stop func(ctx context.Context) error
}

const databaseName = "clocker"

// chooseDatabase takes CLOCKER_DATABASE_URL, else the system's binaries, else an Engine's image.
func chooseDatabase(ctx context.Context, d Data, env func(string) string, log *slog.Logger) (database, error) {
	if given := env("CLOCKER_DATABASE_URL"); given != "" {
		if err := server.WaitFor(ctx, given); err != nil {
			return database{}, fmt.Errorf("use CLOCKER_DATABASE_URL: %w", err)
		}
		return database{URL: given, What: "Postgres at " + redacted(given) + " (CLOCKER_DATABASE_URL)"}, nil
	}
	binaries, err := server.Find()
	if errors.Is(err, server.ErrNotFound) {
		return engineDatabase(ctx, d, PostgresImage(env), err)
	}
	if err != nil {
		return database{}, err
	}
	return localDatabase(ctx, d, binaries, nil, log)
}

// redacted is a URL without its password.
func redacted(given string) string {
	u, err := url.Parse(given)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return "the given address" // anything else may hold a password anywhere
	}
	q := u.Query()
	if q.Has("password") {
		q.Set("password", "xxxxx")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}

// noDatabase is the refusal when there is no Postgres to be had, with the commands that help.
func noDatabase(binaries, image error, name string) error {
	return fmt.Errorf(`no Postgres for Clocker: %w;
and the Docker image %s cannot be had: %w.
One of these helps:
  sudo apt-get install postgresql        (or your system's package; the server alone is enough)
  docker pull %s
  CLOCKER_DATABASE_URL=postgres://USER:PASSWORD@HOST:5432/clocker clocker up`, binaries, name, image, name)
}

// claim ties the database and the data directory to each other: the next start must not come up with another one.
func claim(ctx context.Context, d Data, db database) error {
	_, err := os.Stat(d.path("database"))
	if err := pg.Claim(ctx, db.URL, d.Installation, err == nil); err != nil {
		return err
	}
	_, err = keep(d.path("database"), func() string { return db.What })
	return err
}
