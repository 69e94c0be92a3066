package pg

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"clocker.io/pkg/events"

	"github.com/jackc/pgx/v5"
)

const (
	batchSize = 500                    // events numbered and published at once; the stream takes at most 1,000
	pollEvery = 200 * time.Millisecond // how late a lost poke can make an event
)

// Stream is where numbered events are published; pkg/bus makes it of JetStream.
type Stream interface {
	// Open says what the stream holds; one that does not exist is not whole.
	Open(ctx context.Context) (events.StreamState, error)
	// Publish appends records all or none; the first must follow the last that Open or Publish left.
	Publish(ctx context.Context, records []events.Record) error
	// Recreate empties the stream into a new generation whose first record will be number first.
	Recreate(ctx context.Context, generation, first int64) error
	// Wake fires when somebody has put rows into the outbox, or the connection came back.
	Wake() <-chan struct{}
}

// Sequence is the loop that numbers events and publishes them, in whichever process holds its lease; it returns when
// ctx ends. Every service with a database runs it as a candidate. Postgres is the truth: what is numbered is published
// sooner or later, and a stream that has lost something is filled again.
func (db *DB) Sequence(ctx context.Context, stream Stream) error {
	pool, err := newPool(db.cfg, Sequencer, 3)
	if err != nil {
		return err
	}
	defer pool.Close()
	s := &sequencer{db: &DB{cfg: db.cfg, pool: pool}, stream: stream}
	return hold(ctx, s.db, "sequencer", s.run)
}

type sequencer struct {
	db     *DB
	stream Stream
	fence  Fence
}

// run is one tenure.
func (s *sequencer) run(ctx context.Context, f Fence) error {
	s.fence = f
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	var at *position // nil until the stream is known to follow Postgres
	for {
		more, err := s.step(ctx, &at)
		switch {
		case errors.Is(err, ErrFenced) || ctx.Err() != nil:
			return err
		case err != nil:
			at = nil // whatever it was, look at the stream again before publishing
			s.db.cfg.Log.Warn("sequence events", "reason", err)
		case more:
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stream.Wake():
		case <-poll.C:
		}
	}
}

// position is how far the stream reaches.
type position struct {
	generation, last int64
}

// step numbers one batch and publishes it. Numbering goes on while the stream cannot be reached: it is the outbox that
// must not grow, the stream catches up from Postgres.
func (s *sequencer) step(ctx context.Context, at **position) (more bool, err error) {
	records, err := s.number(ctx, *at)
	if err != nil {
		return false, err
	}
	if *at == nil {
		if *at, err = s.follow(ctx); err != nil {
			return false, err
		}
	}
	if len(records) == 0 || records[0].Number != (*at).last+1 {
		if records, err = s.read(ctx, (*at).last); err != nil {
			return false, err
		}
	}
	if len(records) == 0 {
		return false, nil
	}
	if err := s.stream.Publish(ctx, records); err != nil {
		return false, err
	}
	(*at).last = records[len(records)-1].Number
	return true, nil
}

// number moves a batch of the outbox into the log. A row that commits late simply gets a later number.
func (s *sequencer) number(ctx context.Context, at *position) ([]events.Record, error) {
	var waiting bool
	if err := s.db.pool.QueryRow(ctx, `select exists (select from events.outbox)`).Scan(&waiting); err != nil || !waiting {
		return nil, err
	}
	var records []events.Record
	err := s.db.inTx(ctx, pgx.TxOptions{}, func(ctx context.Context, tx *Tx) error {
		if err := tx.CheckFence(ctx, s.fence); err != nil {
			return err
		}
		var last int64
		var hash []byte
		if err := tx.QueryRow(ctx, `select number, hash from events.head`).Scan(&last, &hash); err != nil {
			return fmt.Errorf("read head: %w", err)
		}
		taken, err := take(ctx, tx)
		if err != nil || len(taken) == 0 {
			return err
		}
		known, err := causes(ctx, tx, taken)
		if err != nil {
			return err
		}
		records = chain(taken, last, hash, known)
		return keep(ctx, tx, records, at)
	})
	return records, err
}

// row is a row of the outbox; the record's Number is the row's id.
type row struct {
	events.Record
	because string // id of the cause; empty when the number is known, or there is none
}

// take removes a batch from the outbox, in its order.
func take(ctx context.Context, tx *Tx) ([]row, error) {
	rows, err := tx.Query(ctx, `
		delete from events.outbox where id in (select id from events.outbox order by id limit $1)
		returning id, event::text, topic, source, subject, application, host, cause, coalesce(because::text, ''), trace, time, data`,
		batchSize)
	if err != nil {
		return nil, fmt.Errorf("take outbox: %w", err)
	}
	taken, err := pgx.CollectRows(rows, func(c pgx.CollectableRow) (r row, err error) {
		err = c.Scan(&r.Number, &r.ID, &r.Topic, &r.Source, &r.Subject, &r.Application, &r.Host, &r.Cause, &r.because,
			&r.Trace, &r.Time, &r.Data)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("take outbox: %w", err)
	}
	slices.SortFunc(taken, func(a, b row) int { return int(a.Number - b.Number) })
	return taken, nil
}

// causes finds the numbers of the causes that rows name by id and that are numbered already.
func causes(ctx context.Context, tx *Tx, taken []row) (map[string]int64, error) {
	var ids []string
	for _, r := range taken {
		if r.because != "" {
			ids = append(ids, r.because)
		}
	}
	known := map[string]int64{}
	if len(ids) == 0 {
		return known, nil
	}
	rows, err := tx.Query(ctx, `select id::text, number from events.events where id = any($1::uuid[])`, ids)
	if err != nil {
		return nil, fmt.Errorf("find causes: %w", err)
	}
	var id string
	var number int64
	_, err = pgx.ForEachRow(rows, []any{&id, &number}, func() error { known[id] = number; return nil })
	if err != nil {
		return nil, fmt.Errorf("find causes: %w", err)
	}
	return known, nil
}

// chain gives rows the numbers after last, their causes, of which some may be in the same batch, and links their
// hashes.
func chain(taken []row, last int64, hash []byte, known map[string]int64) []events.Record {
	records := make([]events.Record, len(taken))
	for i, t := range taken {
		last++
		r := t.Record
		r.Number, r.Time = last, r.Time.UTC()
		if t.because != "" {
			r.Cause = known[t.because]
		}
		known[r.ID] = last
		r.Hash = events.Link(hash, r)
		hash, records[i] = r.Hash, r
	}
	return records
}

// keep writes the log and its head. How far the stream reached is noted on the way, so that it costs no write of its
// own; it is a lower bound.
func keep(ctx context.Context, tx *Tx, records []events.Record, at *position) error {
	rows := make([][]any, len(records))
	for i, r := range records {
		rows[i] = []any{r.Number, r.ID, r.Topic, r.Source, r.Subject, r.Application, r.Host, r.Cause, r.Trace, r.Time, r.Data, r.Hash}
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"events", "events"}, []string{"number", "id", "topic", "source", "subject",
		"application", "host", "cause", "trace", "time", "data", "hash"}, pgx.CopyFromRows(rows))
	if err != nil {
		return fmt.Errorf("keep events: %w", err)
	}
	published := int64(0)
	if at != nil {
		published = at.last
	}
	end := records[len(records)-1]
	_, err = tx.Exec(ctx, `update events.head set number = $1, hash = $2, published = greatest(published, $3)`,
		end.Number, end.Hash, published)
	if err != nil {
		return fmt.Errorf("move head: %w", err)
	}
	return nil
}

// follow compares the stream with Postgres. A stream that is shorter than what it was known to hold, damaged or gone is
// filled again, from above the lowest floor of all consumers; an event says so.
func (s *sequencer) follow(ctx context.Context) (*position, error) {
	state, err := s.stream.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	var head, published, generation, floor int64
	err = s.db.pool.QueryRow(ctx, `
		select number, published, generation, greatest(pruned, (select min(floor) from events.v_floors)) from events.head`).
		Scan(&head, &published, &generation, &floor)
	if err != nil {
		return nil, fmt.Errorf("read head: %w", err)
	}
	reason := damage(state, generation, head, published, floor)
	if reason == "" {
		return &position{generation: state.Generation, last: state.Last}, nil
	}
	return s.refill(ctx, generation+1, floor+1, reason)
}

// damage says what is wrong with a stream, or nothing.
func damage(state events.StreamState, generation, head, published, floor int64) string {
	switch {
	case state.Generation != generation:
		return fmt.Sprintf("it is of generation %d, not %d", state.Generation, generation)
	case !state.Whole:
		return "a part of it is missing"
	case state.Last < published:
		return fmt.Sprintf("it ends at %d and held %d", state.Last, published)
	case state.Last > head:
		return fmt.Sprintf("it ends at %d, past the last event %d", state.Last, head)
	case state.First > floor+1:
		return fmt.Sprintf("it starts at %d and a consumer needs %d", state.First, floor+1)
	}
	return ""
}

func (s *sequencer) refill(ctx context.Context, generation, first int64, reason string) (*position, error) {
	if err := s.stream.Recreate(ctx, generation, first); err != nil {
		return nil, fmt.Errorf("recreate stream: %w", err)
	}
	u := NewUnit(s.db, func(tx *Tx) *Tx { return tx })
	err := u.Run(ctx, func(ctx context.Context, tx *Tx) ([]events.Event, error) {
		if err := tx.CheckFence(ctx, s.fence); err != nil {
			return nil, err
		}
		_, err := tx.Exec(ctx, `update events.head set generation = $1, published = $2`, generation, first-1)
		if generation == 1 {
			return nil, err // the very first stream replaces nothing
		}
		return []events.Event{events.StreamRefilled{Generation: generation, From: first, Reason: reason}}, err
	})
	if err != nil {
		return nil, fmt.Errorf("recreate stream: %w", err)
	}
	s.db.cfg.Log.Info("stream of events made anew", "generation", generation, "from", first, "reason", reason)
	return &position{generation: generation, last: first - 1}, nil
}

// read gives the numbered events after last that the stream lacks.
func (s *sequencer) read(ctx context.Context, last int64) ([]events.Record, error) {
	rows, err := s.db.pool.Query(ctx, `
		select number, id::text, topic, source, subject, application, host, cause, trace, time, data
		from events.events where number > $1 order by number limit $2`, last, batchSize)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r events.Record, err error) {
		err = row.Scan(&r.Number, &r.ID, &r.Topic, &r.Source, &r.Subject, &r.Application, &r.Host, &r.Cause, &r.Trace, &r.Time, &r.Data)
		return r, err
	})
}
