package pg

import (
	"context"
	"fmt"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/run"
)

// OpenFor opens the database of a service, whose schema it is given, from its platform's settings: CLOCKER_DATABASE_URL,
// CLOCKER_DATABASE_PASSWORD_FILE, CLOCKER_EVENTS_RETENTION, and CLOCKER_STREAM_SCRUB, how often the whole stream is compared
// with the log. Like Open it does no I/O.
func OpenFor(p run.Platform, own Schema) (*DB, error) {
	keep, err := retention(p.Env("CLOCKER_EVENTS_RETENTION", ""))
	if err != nil {
		return nil, err
	}
	scrub, err := time.ParseDuration(p.Env("CLOCKER_STREAM_SCRUB", scrubEvery.String()))
	if err != nil || scrub <= 0 {
		return nil, fmt.Errorf("CLOCKER_STREAM_SCRUB is %q: want a time such as 1h", p.Env("CLOCKER_STREAM_SCRUB", ""))
	}
	return Open(Config{URL: p.Env("CLOCKER_DATABASE_URL", ""), PasswordFile: p.Env("CLOCKER_DATABASE_PASSWORD_FILE", ""),
		Role: own.Name, Migrations: own.Migrations, Log: p.Log, Poke: p.Bus.Poke, Metrics: p.Metrics, Tracer: p.Tracer, Retention: keep, Scrub: scrub})
}

// Loops are what every service with a database runs beside its own work: the floor of its consumer, the care for its dead
// letters, and, one in each process, candidates for the sequencer and for who prunes the log.
func Loops(p run.Platform, db *DB, c bus.Consumer) []run.Loop {
	loops := []run.Loop{
		{Name: "dead letters", Run: newLetters(db, c, p.Bus, p.Metrics).run},
		{Name: "floor", Run: func(ctx context.Context) error { return db.Floors(ctx, c.Name, c.Topics, c.Fill) }},
	}
	if p.Relieved {
		return loops
	}
	return append(loops,
		run.Loop{Name: "sequencer", Run: func(ctx context.Context) error { return db.Sequence(ctx, db.traced(p.Bus.Stream())) }},
		run.Loop{Name: "retention", Run: db.Retain})
}
