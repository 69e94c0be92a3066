package pg

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"clocker.io/pkg/events"
	"clocker.io/pkg/reconcile"

	"github.com/jackc/pgx/v5"
)

// numberer moves the outbox into the log. It is the only one to do so, so it knows the log's end by heart.
type numberer struct {
	db    *DB
	fence Fence
	reach *reach
	out   chan<- []events.Record
	says  says
	end   *end // nil: to be read from the database
}

// end is the last event of the log.
type end struct {
	number int64
	hash   []byte
}

func (n *numberer) run(ctx context.Context, wake <-chan struct{}) error {
	for busy := time.Now(); ; {
		records, err := n.batch(ctx)
		switch {
		case errors.Is(err, ErrFenced) || ctx.Err() != nil:
			return err
		case err != nil:
			n.end = nil
			n.says.warn("number events", err)
		case len(records) > 0:
			busy = time.Now()
			n.db.metrics.numbered.Add(float64(len(records)))
			select {
			case n.out <- records:
			default: // the publisher is behind, and reads them from the log
			}
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wake:
		case <-reconcile.Next(paceOf(busy)):
		}
	}
}

// batch numbers what waits, at most batchSize. It reads without a lock and decides here; then one statement does all of
// it or nothing. A process that is stopped at any point thus leaves no transaction behind that others wait for.
func (n *numberer) batch(ctx context.Context) ([]events.Record, error) {
	if n.end == nil {
		e := &end{}
		if err := n.db.pool.QueryRow(ctx, `select number, hash from events.head`).Scan(&e.number, &e.hash); err != nil {
			return nil, fmt.Errorf("read head: %w", err)
		}
		n.end = e
		n.reach.numbered.Store(e.number)
	}
	waiting, err := n.waiting(ctx)
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	known, err := n.causes(ctx, waiting)
	if err != nil {
		return nil, err
	}
	records := chain(waiting, n.end.number, n.end.hash, known)
	if err := n.keep(ctx, waiting, records); err != nil {
		return nil, err
	}
	last := records[len(records)-1]
	n.end = &end{last.Number, last.Hash}
	n.reach.numbered.Store(last.Number)
	return records, nil
}

// row is a row of the outbox; the record's Number is the row's id.
type row struct {
	events.Record
	because string // id of the cause; empty when the number is known, or there is none
}

// waiting reads a batch of the outbox, in its order. A row that is committed late simply gets a later number.
func (n *numberer) waiting(ctx context.Context) ([]row, error) {
	rows, err := n.db.pool.Query(ctx, `
		select id, event::text, topic, source, subject, application, host, cause, coalesce(because::text, ''), trace, time, data
		from events.outbox order by id limit $1`, batchSize)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	waiting, err := pgx.CollectRows(rows, func(c pgx.CollectableRow) (r row, err error) {
		err = c.Scan(&r.Number, &r.ID, &r.Topic, &r.Source, &r.Subject, &r.Application, &r.Host, &r.Cause, &r.because,
			&r.Trace, &r.Time, &r.Data)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return waiting, nil
}

// causes finds the numbers of the causes that rows name by id and that are numbered already.
func (n *numberer) causes(ctx context.Context, waiting []row) (map[string]int64, error) {
	var ids []string
	for _, r := range waiting {
		if r.because != "" && !slices.Contains(ids, r.because) {
			ids = append(ids, r.because)
		}
	}
	known := map[string]int64{}
	if len(ids) == 0 {
		return known, nil
	}
	rows, err := n.db.pool.Query(ctx, `select id::text, number from events.events where id = any($1::uuid[])`, ids)
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
func chain(waiting []row, last int64, hash []byte, known map[string]int64) []events.Record {
	records := make([]events.Record, len(waiting))
	for i, w := range waiting {
		last++
		r := w.Record
		r.Number, r.Time = last, r.Time.UTC()
		if w.because != "" {
			r.Cause = known[w.because]
		}
		known[r.ID] = last
		r.Hash = events.Link(hash, r)
		hash, records[i] = r.Hash, r
	}
	return records
}

// keepSQL moves rows from the outbox into the log, if the role is still this tenure's and the log ends where it was
// thought to. The rows themselves never leave the database again. It answers whether that was so; fewer rows than
// numbers would make a gap, and dividing by zero undoes the statement. How far the stream reached is noted on the way:
// a lower bound, of that generation.
const keepSQL = `
	with fence as (
	  select from events.leases where name = $1 and holder = $2 and fence = $3 for key share
	), head as (
	  update events.head set number = $5, hash = $6,
	    published = case when generation = $7 then greatest(published, $8) else published end
	  where number = $4 and exists (select from fence)
	  returning number
	), gone as (
	  delete from events.outbox o
	  using unnest($9::bigint[], $10::bigint[], $11::bigint[], $12::bytea[]) as n(id, number, cause, hash)
	  where o.id = n.id and exists (select from head)
	  returning n.number, o.event, o.topic, o.source, o.subject, o.application, o.host, n.cause, o.trace, o.time, o.data, n.hash
	), kept as (
	  insert into events.events (number, id, topic, source, subject, application, host, cause, trace, time, data, hash)
	  select * from gone order by number
	  returning number
	)
	select exists (select from head),
	  1 / (case (select count(*) from kept) when cardinality($9) * (select count(*) from head) then 1 else 0 end)`

// keep writes the log and its head.
func (n *numberer) keep(ctx context.Context, waiting []row, records []events.Record) error {
	ids, numbers, causes := make([]int64, len(records)), make([]int64, len(records)), make([]int64, len(records))
	hashes := make([][]byte, len(records))
	for i, r := range records {
		ids[i], numbers[i], causes[i], hashes[i] = waiting[i].Number, r.Number, r.Cause, r.Hash
	}
	at := position{generation: -1}
	if p := n.reach.published.Load(); p != nil {
		at = *p
	}
	last := records[len(records)-1]
	var kept bool
	var one int
	err := n.db.pool.QueryRow(ctx, keepSQL, n.fence.Lease, n.fence.Holder, n.fence.Number, n.end.number, last.Number, last.Hash,
		at.generation, at.last, ids, numbers, causes, hashes).Scan(&kept, &one)
	switch {
	case err != nil:
		return fmt.Errorf("keep events: %w", err)
	case kept:
		return nil
	}
	if err := n.db.checkFence(ctx, n.db.pool, n.fence); err != nil {
		return err
	}
	return errors.New("keep events: the log does not end where it was left")
}
