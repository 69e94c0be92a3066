package pg

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/reconcile"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

const (
	lettersEvery  = 5 * time.Second // between looks at whose time has come
	lettersAtOnce = 100             // tried in one go
	nudgeGap      = time.Second     // a letter tried this short a time ago is not tried again for a nudge
)

// byWatchdog is who tries a dead letter again when nobody asked.
const byWatchdog = "watchdog"

// letters looks after the dead letters of a consumer. Any process of the service may: a letter is claimed by one
// statement and taken by the transaction that handles it, so two processes never handle one twice.
type letters struct {
	db       *DB
	consumer bus.Consumer
	conn     *bus.Conn
	count    prometheus.Gauge
	log      *slog.Logger
}

func newLetters(db *DB, c bus.Consumer, conn *bus.Conn, metrics prometheus.Registerer) letters {
	l := letters{db: db, consumer: c, conn: conn, log: db.cfg.Log, count: prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "clocker_dead_letters", Help: "Events that the consumer cannot handle, set aside until somebody looks.",
		ConstLabels: prometheus.Labels{"consumer": c.Name},
	})}
	if metrics != nil {
		metrics.MustRegister(l.count)
	}
	return l
}

// run answers orders, hears nudges and tries letters again when their time has come, until ctx ends.
func (l letters) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, r := range []bus.Responder{
		bus.Respond(clocker.SubjectLetter+l.consumer.Name, l.consumer.Name, l.onOrder),
		bus.Listen(clocker.SubjectNudge+l.consumer.Name, "letters", l.onNudge),
	} {
		g.Go(func() error { return r.Serve(ctx, l.conn) })
	}
	g.Go(func() error { return l.watch(ctx) })
	return g.Wait()
}

// watch tries every letter when the process starts, since a new version may have mended what failed, and after that
// each in its own growing time.
func (l letters) watch(ctx context.Context) error {
	for started := false; ; {
		more, err := l.round(ctx, &started)
		if err != nil && ctx.Err() == nil {
			l.log.Debug("look after dead letters", "consumer", l.consumer.Name, "reason", err)
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-reconcile.Next(lettersEvery):
		}
	}
}

// round tries the letters whose time has come and says whether there may be more.
func (l letters) round(ctx context.Context, started *bool) (bool, error) {
	if !*started {
		_, err := l.db.pool.Exec(ctx, `update dead_letters set retry_at = now(), retries = 0 where consumer = $1`, l.consumer.Name)
		if err != nil {
			return false, err
		}
		*started = true
	}
	if n, err := l.counted(ctx); n == 0 || err != nil {
		return false, err
	}
	due, err := l.claim(ctx)
	if err != nil || len(due) == 0 {
		return false, err
	}
	l.retry(ctx, due)
	_, err = l.counted(ctx)
	return len(due) == lettersAtOnce, err
}

// counted shows how many letters there are.
func (l letters) counted(ctx context.Context) (n int64, err error) {
	err = l.db.pool.QueryRow(ctx, `select count(*) from dead_letters where consumer = $1`, l.consumer.Name).Scan(&n)
	if err == nil {
		l.count.Set(float64(n))
	}
	return n, err
}

// claim takes letters whose time has come and sets their next: a minute after the first failure, then twice as long
// each time, up to an hour.
func (l letters) claim(ctx context.Context) ([]int64, error) {
	return l.numbers(ctx, `
		update dead_letters set retries = retries + 1,
		  retry_at = now() + least(interval '1 minute' * power(2, least(retries + 1, 6)), interval '1 hour')
		where consumer = $1 and number in (
		  select number from dead_letters where consumer = $1 and retry_at <= now()
		  order by number limit $2 for update skip locked)
		returning number`, l.consumer.Name, lettersAtOnce)
}

func (l letters) numbers(ctx context.Context, sql string, args ...any) ([]int64, error) {
	rows, err := l.db.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("find dead letters: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("find dead letters: %w", err)
	}
	slices.Sort(list)
	return list, nil
}

// retry tries letters in the order of their events.
func (l letters) retry(ctx context.Context, list []int64) {
	for _, n := range list {
		err := l.consumer.Retry(ctx, n, byWatchdog)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			l.log.Info("dead letter handled after all", "consumer", l.consumer.Name, "event", n)
		default:
			l.log.Debug("dead letter fails again", "consumer", l.consumer.Name, "event", n, "reason", err)
		}
	}
}

// onNudge tries at once what a container that is overdue may wait for: letters about itself, about its application as a
// whole, and about hosts.
func (l letters) onNudge(ctx context.Context, _ string, n clocker.Nudge) {
	c := n.Container
	list, err := l.numbers(ctx, `
		select d.number from dead_letters d join events.events e on e.number = d.number
		where d.consumer = $1 and e.application in ($2, '') and d.tried_at < now() - $5::interval
		  and (e.subject = $6 || e.topic || '.' || $2 || '.' || $3 || '.' || $4 or e.topic not like 'container.%')
		order by d.number limit $7`, l.consumer.Name, c.Application, c.Entity, strconv.Itoa(c.Ordinal), nudgeGap,
		events.SubjectRoot, lettersAtOnce)
	if err != nil {
		l.log.Debug("look for dead letters after a nudge", "consumer", l.consumer.Name, "reason", err)
		return
	}
	l.retry(ctx, list)
}

// onOrder does what somebody decided about letters, and says how it went with each.
func (l letters) onOrder(ctx context.Context, _ string, o clocker.LetterOrder) (clocker.LetterReply, error) {
	do := l.consumer.Retry
	switch {
	case o.Action == clocker.LetterDrop:
		do = func(ctx context.Context, n int64, by string) error {
			return l.db.DropLetter(ctx, l.consumer.Name, n, by)
		}
	case o.Action != clocker.LetterRetry:
		return clocker.LetterReply{}, &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf("a dead letter cannot be %q", o.Action)}
	case len(o.Numbers) > clocker.LettersAtOnce:
		return clocker.LetterReply{}, &clocker.Error{Code: clocker.Invalid, Message: fmt.Sprintf("%d dead letters at once, at most %d", len(o.Numbers), clocker.LettersAtOnce)}
	}
	reply := clocker.LetterReply{Failed: map[int64]clocker.LetterFailure{}}
	for _, n := range o.Numbers {
		err := do(ctx, n, o.By)
		if err == nil {
			reply.Settled = append(reply.Settled, n)
			l.log.Info("dead letter settled", "consumer", l.consumer.Name, "event", n, "action", o.Action, "by", o.By)
			continue
		}
		f := clocker.LetterFailure{Code: clocker.CodeOf(err), Message: err.Error()}
		if f.Code == "" {
			l.log.Error("settle a dead letter", "consumer", l.consumer.Name, "event", n, "action", o.Action, "reason", err)
			f.Message = "something went wrong inside; the service's log says what"
		}
		reply.Failed[n] = f
	}
	return reply, nil
}
