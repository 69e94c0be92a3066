package bus

import (
	"context"
	"errors"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/reconcile"
	"clocker.io/pkg/trace"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	attemptsMax = 8                // failures of one delivery's handler before it is a dead letter
	retryMost   = 30 * time.Second // longest pause before a failed delivery comes again
	suspectMost = 6                // times in a row that the database may fail on one delivery before it is the delivery's fault
)

// delivery is a message of the stream with what it says.
type delivery struct {
	events.Delivery
	msg jetstream.Msg
}

// worker handles what a consumer is given, in one goroutine.
type worker struct {
	Consumer
	conn    *Conn
	failing map[int64]failure // by number: deliveries that failed here and are to come again
}

// failure is what is remembered of a delivery that fails. Failures are counted here rather than taken from NATS, which
// counts deliveries: those grow while the database is away, when nobody is to blame.
type failure struct {
	count       int
	first, last time.Time
}

// work decodes messages and handles those that can be. What failed before is tried by itself, after what is new.
func (w *worker) work(ctx context.Context, msgs []jetstream.Msg) {
	var again []delivery
	batch := make([]delivery, 0, len(msgs))
	for _, m := range msgs {
		d, err := decode(m)
		switch {
		case errors.Is(err, errForeign):
			w.ignore(m)
		case err != nil:
			w.dispose(ctx, delivery{d, m}, Permanent(err))
		case w.failing[d.Number].count > 0:
			again = append(again, delivery{d, m})
		default:
			batch = append(batch, delivery{d, m})
		}
	}
	w.handle(ctx, batch)
	for i := range again {
		w.handle(ctx, again[i:i+1])
	}
}

// ignore passes over a message that is no event of ours: there is no number by which it could be kept or asked for.
func (w *worker) ignore(m jetstream.Msg) {
	w.conn.log.Error("a message on the stream of events is none of ours", "consumer", w.Name, "subject", m.Subject(),
		"reason", errForeign)
	_ = m.Ack()
	w.conn.metrics.deliveries.WithLabelValues(w.Name, "foreign").Inc()
}

// handle runs deliveries in one transaction. When one of them is to blame for its failure, those before it get a
// transaction of their own, it is disposed of, and the rest goes on. So a poisoned event costs a few transactions
// however many are beside it, and the others keep their order.
func (w *worker) handle(ctx context.Context, batch []delivery) {
	for len(batch) > 0 {
		err := w.try(ctx, batch)
		if err == nil || ctx.Err() != nil {
			for _, d := range batch {
				w.dispose(ctx, d, err)
			}
			return
		}
		switch i := blamed(err, batch); {
		case i == 0 || len(batch) == 1:
			w.dispose(ctx, batch[0], err)
			batch = batch[1:]
		case i > 0:
			w.handle(ctx, batch[:i])
			batch = batch[i:]
		default: // nobody is named: halves find out
			half := len(batch) / 2
			w.handle(ctx, batch[:half])
			batch = batch[half:]
		}
	}
}

// blamed is the index of the delivery that an error names, or -1.
func blamed(err error, batch []delivery) int {
	var f *Fault
	if errors.As(err, &f) {
		for i, d := range batch {
			if d.Number == f.Number {
				return i
			}
		}
	}
	return -1
}

// try runs the unit of work, waiting as long as the database is away: the order of events is worth more than haste,
// and no delivery is to blame. One that the database fails on again and again is to blame all the same.
func (w *worker) try(ctx context.Context, batch []delivery) error {
	ds := make([]events.Delivery, len(batch))
	for i, d := range batch {
		ds[i] = d.Delivery
	}
	held, release := context.WithCancel(ctx)
	defer release()
	go hold(held, batch)
	suspect, times := -1, 0
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		start := time.Now()
		err := w.do(ctx, ds)
		w.conn.metrics.batch.WithLabelValues(w.Name).Observe(time.Since(start).Seconds())
		if clocker.CodeOf(err) != clocker.Unavailable {
			return err
		}
		if i := blamed(err, batch); i < 0 || i != suspect {
			suspect, times = i, 0
		}
		if times++; suspect >= 0 && times >= suspectMost {
			return err
		}
		w.conn.log.Debug("wait to handle events", "consumer", w.Name, "reason", err)
		if err := reconcile.Pause(ctx, wait); err != nil {
			return err
		}
	}
}

// hold keeps deliveries that are worked on from being given to somebody else, until ctx ends.
func hold(ctx context.Context, batch []delivery) {
	for reconcile.Pause(ctx, ackWait/3) == nil {
		for _, d := range batch {
			_ = d.msg.InProgress() // a lost one means a redelivery, which the inbox knows
		}
	}
}

// dispose is the one place that decides what becomes of a delivery: done, again later, or a dead letter.
func (w *worker) dispose(ctx context.Context, d delivery, err error) {
	result := "done"
	switch {
	case err == nil:
		delete(w.failing, d.Number)
		_ = d.msg.Ack()
	case ctx.Err() != nil:
		result = "stopped"
		_ = d.msg.Nak() // so that the next process need not wait for it
	default:
		f := w.failed(d.Number)
		if result = "retry"; isPermanent(err) || f.count >= attemptsMax {
			result = w.bury(ctx, d, f, err)
			break
		}
		delay := retryDelay(f.count)
		args := []any{"consumer", w.Name, "event", d.Number, "topic", d.Topic, "in", delay, "reason", err}
		if stack := stackOf(err); stack != "" && f.count == 1 { // it will be the same the next time
			args = append(args, "stack", stack)
		}
		w.conn.log.WarnContext(trace.With(ctx, d.Trace), "event is handled again later", args...)
		_ = d.msg.NakWithDelay(delay)
	}
	w.conn.metrics.deliveries.WithLabelValues(w.Name, result).Inc()
}

// failed counts a failure. What failed long ago and never came again was handled by another process.
func (w *worker) failed(number int64) failure {
	now := time.Now()
	f, known := w.failing[number]
	if !known {
		f.first = now
		for n, other := range w.failing {
			if now.Sub(other.last) > 4*retryMost {
				delete(w.failing, n)
			}
		}
	}
	f.count, f.last = f.count+1, now
	w.failing[number] = f
	return f
}

// bury puts a delivery among the dead letters, or has it come again when that fails.
func (w *worker) bury(ctx context.Context, d delivery, f failure, err error) string {
	letter := LetterOf(err)
	letter.Attempts, letter.Since = f.count, f.first
	w.conn.log.ErrorContext(trace.With(ctx, d.Trace), "event goes to the dead letters", "consumer", w.Name, "event", d.Number, "topic", d.Topic,
		"attempts", f.count, "reason", letter.Reason)
	if err := w.dead(ctx, d.Delivery, letter); err != nil {
		w.conn.log.Warn("keep a dead letter", "consumer", w.Name, "event", d.Number, "reason", err)
		_ = d.msg.NakWithDelay(time.Second)
		return "retry"
	}
	delete(w.failing, d.Number)
	_ = d.msg.Ack()
	return "dead"
}

// retryDelay is 100 ms, doubled with each failure, at most half a minute.
func retryDelay(failures int) time.Duration {
	return min(100*time.Millisecond<<min(failures-1, 10), retryMost)
}
