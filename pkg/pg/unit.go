package pg

import (
	"context"
	"encoding/json"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/trace"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Unit is a unit of work over a store S: what a handler changes, the inbox rows that make it happen once, and the facts
// it states are one transaction. It is safe for concurrent use; a store is bound to its one transaction and is not.
type Unit[S any] struct {
	db   *DB
	bind func(*Tx) S
}

// NewUnit makes units of work whose stores bind makes from a transaction.
func NewUnit[S any](db *DB, bind func(*Tx) S) *Unit[S] { return &Unit[S]{db: db, bind: bind} }

// Cause is the event that leads to a transaction, for the facts it states.
type Cause struct {
	Number int64
	Trace  string
}

// Run changes state and states the facts that fn returns, in one transaction; an error of fn rolls back and is
// returned as it is.
func (u *Unit[S]) Run(ctx context.Context, fn func(ctx context.Context, s S) ([]events.Event, error)) error {
	return u.RunFor(ctx, Cause{}, fn)
}

// RunFor is Run with the event that the facts follow from.
func (u *Unit[S]) RunFor(ctx context.Context, cause Cause, fn func(ctx context.Context, s S) ([]events.Event, error)) error {
	ctx, span := u.db.cfg.Tracer.Under(trace.With(ctx, cause.Trace), "transaction of "+u.db.cfg.Role)
	err := u.db.inTx(ctx, pgx.TxOptions{}, func(ctx context.Context, tx *Tx) error {
		facts, err := fn(ctx, u.bind(tx))
		if err != nil {
			return err
		}
		var out outbox
		if err := out.add(u.db.cfg.Role, cause, facts); err != nil {
			return err
		}
		u.db.write(tx, out)
		return nil
	})
	span.End(err)
	return err
}

// Do handles deliveries of a consumer, in order, in one transaction. Those that the inbox knows are passed over. An
// error of any rolls all back; a *bus.Fault says whose it is.
func (u *Unit[S]) Do(ctx context.Context, consumer string, ds []events.Delivery,
	handle func(context.Context, S, events.Delivery) ([]events.Event, error),
) error {
	ctx, span := u.db.batch(ctx, consumer, ds)
	err := u.db.inTx(ctx, pgx.TxOptions{}, func(ctx context.Context, tx *Tx) error {
		fresh, err := receive(ctx, tx, consumer, ds)
		if err != nil {
			return err
		}
		if len(fresh) == 0 {
			return nil
		}
		tx.Deliveries = ds
		store := u.bind(tx)
		var out outbox
		for _, d := range ds {
			if !fresh[d.Number] {
				continue
			}
			delete(fresh, d.Number) // the same number twice in one batch counts once
			work, span := u.db.work(ctx, consumer, d)
			facts, err := handle(work, store, d)
			span.End(err)
			if err != nil {
				return &bus.Fault{Number: d.Number, Topic: d.Topic, Err: err}
			}
			if err := out.add(u.db.cfg.Role, Cause{Number: d.Number, Trace: u.db.carried(work, d.Trace)}, facts); err != nil {
				return &bus.Fault{Number: d.Number, Topic: d.Topic, Err: err}
			}
		}
		u.db.write(tx, out)
		return nil
	})
	span.End(err)
	return err
}

// receive puts the deliveries into the inbox and returns the numbers that were not there.
func receive(ctx context.Context, tx *Tx, consumer string, ds []events.Delivery) (map[int64]bool, error) {
	numbers := make([]int64, len(ds))
	for i, d := range ds {
		numbers[i] = d.Number
	}
	rows, err := tx.Query(ctx, `
		insert into inbox (consumer, number)
		select $1, n from unnest($2::bigint[]) n
		where n > coalesce((select floor from floors where consumer = $1), 0)
		order by n
		on conflict do nothing
		returning number`, consumer, numbers)
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	fresh := make(map[int64]bool, len(got))
	for _, n := range got {
		fresh[n] = true
	}
	return fresh, nil
}

// eventBytes bounds the data of one event. What is numbered must also be published: one event that NATS refuses would
// hold up all that follow.
const eventBytes = 1 << 20

// EventID makes an id for an event, in order of time: what is written together then stands together in the log's index.
func EventID() string { return uuid.Must(uuid.NewV7()).String() } // it fails without random numbers alone, as the whole process would

// outbox holds rows for events.outbox, one slice a column.
type outbox struct {
	event, topic, source, subject, application, host, trace, because []string
	cause                                                            []int64
	data                                                             [][]byte
}

func (o *outbox) add(source string, cause Cause, facts []events.Event) error {
	for _, f := range facts {
		link, linked := f.(events.Linked)
		if linked {
			f = link.Event
		}
		if link.Cause == 0 {
			link.Cause = cause.Number
		}
		data, err := json.Marshal(f)
		if err != nil {
			return fmt.Errorf("encode %s: %w", f.Topic(), err)
		}
		if len(data) > eventBytes {
			return &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf("%s would be an event of %d bytes, more than %d",
				f.Topic(), len(data), eventBytes)}
		}
		scope := f.Scope()
		o.topic = append(o.topic, f.Topic())
		o.source = append(o.source, source)
		o.subject = append(o.subject, events.Subject(f))
		o.application = append(o.application, scope.Application)
		o.host = append(o.host, scope.Host)
		if link.Trace == "" {
			link.Trace = cause.Trace
		}
		o.trace = append(o.trace, link.Trace)
		if link.ID == "" {
			link.ID = EventID()
		}
		o.event = append(o.event, link.ID)
		o.because = append(o.because, link.Because)
		o.cause = append(o.cause, link.Cause)
		o.data = append(o.data, data)
	}
	return nil
}

// write is a transaction's last statement, so that the order of outbox ids is close to the order of commits.
func (db *DB) write(tx *Tx, o outbox) {
	if len(o.topic) == 0 {
		return
	}
	tx.Later(`
		insert into events.outbox (topic, source, subject, application, host, trace, cause, data, event, because)
		select topic, source, subject, application, host, trace, cause, data, event, nullif(because, '')::uuid
		from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bytea[],
		  $9::uuid[], $10::text[])
		  with ordinality as f(topic, source, subject, application, host, trace, cause, data, event, because, nth)
		order by nth`, o.topic, o.source, o.subject, o.application, o.host, o.trace, o.cause, o.data, o.event, o.because)
	tx.AfterCommit(db.cfg.Poke)
}
