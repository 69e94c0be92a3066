package pg

import (
	"context"
	"errors"
	"fmt"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"

	"github.com/jackc/pgx/v5"
)

// Dead puts a delivery that cannot be handled among the dead letters, counts it as handled, and says so with an event.
// One that was handled meanwhile, by a process that could, is no dead letter.
func (u *Unit[S]) Dead(ctx context.Context, consumer string, d events.Delivery, l bus.Letter) error {
	return u.db.inTx(ctx, pgx.TxOptions{}, func(ctx context.Context, tx *Tx) error {
		fresh, err := receive(ctx, tx, consumer, []events.Delivery{d})
		if err != nil || !fresh[d.Number] {
			return err
		}
		var application, host string
		err = tx.QueryRow(ctx, `
			with dead as (
			  insert into dead_letters (consumer, number, topic, reason, stack, attempts, failed_at)
			  values ($1, $2, $3, $4, $5, greatest($6, 1), $7)
			  on conflict (consumer, number) do update set reason = excluded.reason, stack = excluded.stack)
			select coalesce(max(application), ''), coalesce(max(host), '') from events.events where number = $2`,
			consumer, d.Number, d.Topic, l.Reason, l.Stack, l.Attempts, l.Since).Scan(&application, &host)
		if err != nil {
			return fmt.Errorf("dead letter: %w", err)
		}
		return u.db.say(ctx, tx, Cause{Number: d.Number, Trace: d.Trace}, events.DeadLetterAdded{Consumer: consumer,
			Number: d.Number, Of: d.Topic, Application: application, Host: host, Attempts: l.Attempts, Reason: l.Reason})
	})
}

// Retry handles the event of a dead letter as the log has it. The letter's end, what the handler changes and what it
// states are one transaction; when it fails again, the letter stays with the new reason. The error is NotFound when
// there is no such letter, and Conflict, in words for whoever asked, when it cannot be handled still.
func (u *Unit[S]) Retry(ctx context.Context, consumer string, number int64, by string,
	handle func(context.Context, S, events.Delivery) ([]events.Event, error),
) error {
	err := u.db.inTx(ctx, pgx.TxOptions{}, func(ctx context.Context, tx *Tx) error {
		l, err := takeLetter(ctx, tx, consumer, number)
		if err != nil {
			return err
		}
		d, err := l.delivery()
		if err != nil {
			return &bus.Fault{Number: number, Topic: l.Topic, Err: err}
		}
		facts, err := handle(ctx, u.bind(tx), d)
		if err != nil {
			return &bus.Fault{Number: number, Topic: l.Topic, Err: err}
		}
		return u.db.say(ctx, tx, Cause{Number: number, Trace: d.Trace}, append(facts, l.settled(consumer, events.LetterRetried, by))...)
	})
	var again *bus.Fault
	if !errors.As(err, &again) {
		return err
	}
	reason := bus.LetterOf(again.Err)
	if err := u.db.failAgain(ctx, consumer, number, reason); err != nil {
		u.db.cfg.Log.Warn("keep the new reason of a dead letter", "consumer", consumer, "event", number, "reason", err)
	}
	if clocker.CodeOf(err) == clocker.Unavailable {
		return err
	}
	return &clocker.Error{Code: clocker.Conflict, Message: fmt.Sprintf("%s cannot handle event %d still: %s", consumer, number, reason.Reason)}
}

// DropLetter gives a dead letter up for good: its event stays in the log, unhandled by this consumer. The error is
// NotFound when there is none.
func (db *DB) DropLetter(ctx context.Context, consumer string, number int64, by string) error {
	return db.inTx(ctx, pgx.TxOptions{}, func(ctx context.Context, tx *Tx) error {
		l, err := takeLetter(ctx, tx, consumer, number)
		if err != nil {
			return err
		}
		return db.say(ctx, tx, Cause{Number: number, Trace: l.Trace}, l.settled(consumer, events.LetterDropped, by))
	})
}

// say writes facts as a transaction's last statement.
func (db *DB) say(ctx context.Context, tx *Tx, cause Cause, facts ...events.Event) error {
	var out outbox
	if err := out.add(db.cfg.Role, cause, facts); err != nil {
		return err
	}
	db.write(tx, out)
	return nil
}

// letter is a dead letter with its event. Its Topic is that of the letter: the log may have lost the event by age.
type letter struct {
	events.Record
	kept bool // the log has the event
}

// takeLetter takes one letter away; a failure of the transaction puts it back, and two who want it take turns.
func takeLetter(ctx context.Context, tx *Tx, consumer string, number int64) (letter, error) {
	l := letter{Record: events.Record{Number: number}}
	err := tx.QueryRow(ctx, `
		with gone as (delete from dead_letters where consumer = $1 and number = $2 returning topic)
		select g.topic, e.number is not null, coalesce(e.id::text, ''), coalesce(e.source, ''), coalesce(e.subject, ''),
		  coalesce(e.application, ''), coalesce(e.host, ''), coalesce(e.cause, 0), coalesce(e.trace, ''),
		  coalesce(e.time, now()), e.data
		from gone g left join events.events e on e.number = $2`, consumer, number).
		Scan(&l.Topic, &l.kept, &l.ID, &l.Source, &l.Subject, &l.Application, &l.Host, &l.Cause, &l.Trace, &l.Time, &l.Data)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, &clocker.Error{Code: clocker.NotFound, Message: fmt.Sprintf("%s has no dead letter %d", consumer, number)}
	}
	if err != nil {
		return l, fmt.Errorf("take dead letter: %w", err)
	}
	l.Time = l.Time.UTC()
	return l, nil
}

func (l letter) delivery() (events.Delivery, error) {
	if !l.kept {
		return events.Delivery{}, errors.New("the log no longer has this event; drop the letter")
	}
	d := events.Delivery{Record: l.Record}
	var err error
	d.Event, err = events.Decode(l.Topic, l.Data)
	return d, err
}

func (l letter) settled(consumer, outcome, by string) events.Event {
	return events.DeadLetterSettled{Consumer: consumer, Number: l.Number, Of: l.Topic, Application: l.Application,
		Host: l.Host, Outcome: outcome, By: by}
}

func (db *DB) failAgain(ctx context.Context, consumer string, number int64, l bus.Letter) error {
	_, err := db.pool.Exec(ctx, `
		update dead_letters set reason = $3, stack = $4, attempts = attempts + 1, tried_at = now()
		where consumer = $1 and number = $2`, consumer, number, l.Reason, l.Stack)
	return err
}
