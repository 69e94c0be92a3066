package pg

import (
	"context"
	"errors"
	"fmt"

	"clocker.io/pkg/clocker"

	"github.com/jackc/pgx/v5"
)

// Claim makes a migrated database that of an installation. It refuses, with clocker.Conflict, one that belongs to another
// installation, and one that belongs to none when known says that this installation has had its database claimed before:
// an empty database would tell agents that nothing of theirs is wanted. Source: events.installation.
func Claim(ctx context.Context, ownerURL, installation string, known bool) error {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("claim database: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var holder string
	err = conn.QueryRow(ctx, `select id from events.installation`).Scan(&holder)
	switch {
	case errors.Is(err, pgx.ErrNoRows) && known:
		return &clocker.Error{Code: clocker.Conflict, Message: fmt.Sprintf("this database is new, but installation %s has "+
			"its records in another one: start with the database that was used before (CLOCKER_DATABASE_URL, or Postgres "+
			"as it was installed then), or with another data directory", installation)}
	case errors.Is(err, pgx.ErrNoRows):
		_, err = conn.Exec(ctx, `insert into events.installation (id) values ($1)`, installation)
	case err == nil && holder != installation:
		return &clocker.Error{Code: clocker.Conflict, Message: fmt.Sprintf("this database belongs to installation %s, not to "+
			"%s: name another one with CLOCKER_DATABASE_URL, or start with that installation's data directory", holder, installation)}
	}
	if err != nil {
		return fmt.Errorf("claim database: %w", err)
	}
	return nil
}
