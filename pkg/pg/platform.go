package pg

import (
	"context"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/run"
)

// OpenFor opens the database of a service from its platform's settings: CLOCKER_DATABASE_URL. Like Open it does no I/O.
func OpenFor(p run.Platform, role string) (*DB, error) {
	return Open(Config{URL: p.Env("CLOCKER_DATABASE_URL", ""), Role: role, Log: p.Log, Poke: p.Bus.Poke})
}

// Loops are what every service with a database runs beside its own work: a candidate for the sequencer, the floor of
// its consumer, and the care for its dead letters.
func Loops(p run.Platform, db *DB, c bus.Consumer) []run.Loop {
	return []run.Loop{
		{Name: "sequencer", Run: func(ctx context.Context) error { return db.Sequence(ctx, p.Bus.Stream()) }},
		{Name: "dead letters", Run: newLetters(db, c, p.Bus, p.Metrics).run},
		{Name: "floor", Run: func(ctx context.Context) error { return db.Floors(ctx, c.Name, c.Topics) }},
	}
}
