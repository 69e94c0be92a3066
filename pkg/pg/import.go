package pg

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"clocker.io/pkg/audit"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Import puts an export into an empty log, all of it or nothing, and checks it on the way. ownerURL is that of the user
// that migrated: no role of a service may write the log's past. Services count the events as handled, so that none is
// acted upon again; EventsImported says where they came from. It is refused with clocker.Conflict when the log or the outbox
// holds anything, or a service runs. Source: events.events, events.head, events.outbox, events.leases; floors of all.
func Import(ctx context.Context, ownerURL string, r io.Reader, schemas ...Schema) (*audit.File, error) {
	f, err := audit.Open(r)
	if err != nil {
		return nil, &clocker.Error{Code: clocker.Invalid, Message: err.Error()}
	}
	pool, err := pgxpool.New(ctx, ownerURL)
	if err != nil {
		return nil, fmt.Errorf("import events: %w", err)
	}
	defer pool.Close()
	owner := &DB{cfg: Config{Role: Sequencer, Log: slog.Default(), Poke: func() {}}, pool: pool}
	err = owner.inTx(ctx, pgx.TxOptions{}, func(ctx context.Context, tx *Tx) error {
		if err := onlyEmpty(ctx, tx); err != nil {
			return err
		}
		if err := copyIn(ctx, tx, f); err != nil {
			return err
		}
		if err := moveEnds(ctx, tx, f, schemas); err != nil {
			return err
		}
		return owner.say(ctx, tx, Cause{}, events.EventsImported{Installation: f.Header.Installation, Through: f.Last(),
			Hash: hex.EncodeToString(f.Hash())})
	})
	return f, err
}

// onlyEmpty refuses to import where there is something already, and holds the head so that nothing comes meanwhile.
func onlyEmpty(ctx context.Context, tx *Tx) error {
	var migrated, holds, runs bool
	if err := tx.QueryRow(ctx, `select to_regclass('events.v_needed') is not null`).Scan(&migrated); err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	if !migrated {
		return &clocker.Error{Code: clocker.Conflict, Message: "the database has no tables yet: run clocker migrate first"}
	}
	err := tx.QueryRow(ctx, `
		with h as (select number from events.head for update)
		select h.number > 0 or exists (select from events.outbox) or exists (select from events.events),
		  exists (select from events.leases where expires_at > clock_timestamp())
		from h`).Scan(&holds, &runs)
	switch {
	case err != nil:
		return fmt.Errorf("look at the log: %w", err)
	case holds:
		return &clocker.Error{Code: clocker.Conflict, Message: "the log of this database is not empty: events are imported into a new database only, and one log is never mixed with another"}
	case runs:
		return &clocker.Error{Code: clocker.Conflict, Message: "services run on this database: stop them first"}
	}
	return nil
}

// copyIn checks each event before it is written.
func copyIn(ctx context.Context, tx *Tx, f *audit.File) error {
	var bad error // COPY's own error is one of the database's
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"events", "events"}, []string{"number", "id", "topic", "source", "subject",
		"application", "host", "cause", "trace", "time", "data", "hash"}, pgx.CopyFromFunc(func() ([]any, error) {
		r, err := f.Next()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			bad = &clocker.Error{Code: clocker.Invalid, Message: err.Error()}
			return nil, bad
		}
		return []any{r.Number, r.ID, r.Topic, r.Source, r.Subject, r.Application, r.Host, r.Cause, r.Trace, r.Time, r.Data, r.Hash}, nil
	}))
	if bad != nil {
		return bad
	}
	if err != nil {
		return fmt.Errorf("import events: %w", err)
	}
	return nil
}

// moveEnds sets where the log begins and ends, and moves every consumer past what was imported.
func moveEnds(ctx context.Context, tx *Tx, f *audit.File, schemas []Schema) error {
	before, err := hex.DecodeString(f.Header.Hash)
	if err != nil {
		return fmt.Errorf("read the hash before the first event: %w", err)
	}
	_, err = tx.Exec(ctx, `update events.head set number = $1, hash = $2, pruned = $3, pruned_hash = $4`, f.Last(), f.Hash(),
		f.Header.First-1, before)
	if err != nil {
		return fmt.Errorf("move the ends of the log: %w", err)
	}
	for _, s := range schemas {
		_, err := tx.Exec(ctx, fmt.Sprintf(`
			insert into %s.floors (consumer, floor) values ($1, $2)
			on conflict (consumer) do update set floor = excluded.floor`, s.Name), s.Name, f.Last())
		if err != nil {
			return fmt.Errorf("move the floor of %s: %w", s.Name, err)
		}
	}
	return nil
}
