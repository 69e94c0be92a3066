package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	batchMost   = 200             // deliveries in one transaction
	ackWait     = 5 * time.Second // far above what a batch takes: what a killed process held comes again after it
	attemptsMax = 8               // failures of one delivery's handler before it is a dead letter
)

// Run delivers events to the consumer's handlers until ctx ends. A stream that is gone or made anew is waited for and
// followed; nothing is handled twice, because the unit of work knows the numbers.
func (c Consumer) Run(ctx context.Context, conn *Conn) error {
	for {
		err := c.follow(ctx, conn)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		conn.log.Debug("consumer starts over", "consumer", c.Name, "reason", err)
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// follow binds to the present stream and works until it can no longer.
func (c Consumer) follow(ctx context.Context, conn *Conn) error {
	filters := make([]string, len(c.Topics))
	for i, t := range c.Topics {
		filters[i] = events.SubjectsOf(t)
	}
	setup, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	cons, err := conn.js.CreateOrUpdateConsumer(setup, streamName, jetstream.ConsumerConfig{
		Durable: c.Name, FilterSubjects: filters, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait,
		MaxAckPending: 5 * batchMost, DeliverPolicy: jetstream.DeliverAllPolicy, MaxDeliver: -1,
	})
	if err != nil {
		return fmt.Errorf("bind consumer: %w", err)
	}
	it, err := cons.Messages(jetstream.PullMaxMessages(batchMost), jetstream.PullExpiry(10*time.Second),
		jetstream.PullHeartbeat(2*time.Second))
	if err != nil {
		return fmt.Errorf("pull: %w", err)
	}
	msgs := make(chan jetstream.Msg)
	stopped := make(chan error, 1)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { stopped <- pull(ctx, it, msgs) }()
	go func() { <-ctx.Done(); it.Stop() }()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-stopped:
			return err
		case m := <-msgs:
			c.work(ctx, conn, collect(m, msgs))
		}
	}
}

// pull hands messages on until the consumer is gone or ctx ends. A missed heartbeat alone is no reason to stop: the
// client asks again by itself, but a stream made anew needs binding anew.
func pull(ctx context.Context, it jetstream.MessagesContext, out chan<- jetstream.Msg) error {
	for {
		m, err := it.Next()
		if err != nil {
			return err
		}
		select {
		case out <- m:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// collect takes what waits besides the first message, without waiting for more.
func collect(first jetstream.Msg, more <-chan jetstream.Msg) []jetstream.Msg {
	batch := []jetstream.Msg{first}
	for len(batch) < batchMost {
		select {
		case m := <-more:
			batch = append(batch, m)
		default:
			return batch
		}
	}
	return batch
}

// work handles a batch in one transaction, or its deliveries one by one when one of them fails.
func (c Consumer) work(ctx context.Context, conn *Conn, msgs []jetstream.Msg) {
	good := make([]jetstream.Msg, 0, len(msgs))
	ds := make([]events.Delivery, 0, len(msgs))
	for _, m := range msgs {
		d, err := decode(m)
		if err != nil {
			c.dispose(ctx, conn, m, d, Permanent(err))
			continue
		}
		good, ds = append(good, m), append(ds, d)
	}
	if len(ds) == 0 {
		return
	}
	start := time.Now()
	err := c.try(ctx, conn, good, ds)
	conn.metrics.batch.WithLabelValues(c.Name).Observe(time.Since(start).Seconds())
	if err == nil || len(ds) == 1 {
		for i := range good {
			c.dispose(ctx, conn, good[i], ds[i], err)
		}
		return
	}
	conn.log.Debug("handle a batch one by one", "consumer", c.Name, "size", len(ds), "reason", err)
	for i := range good {
		c.dispose(ctx, conn, good[i], ds[i], c.try(ctx, conn, good[i:i+1], ds[i:i+1]))
	}
}

// try runs the unit of work, waiting as long as the database is away: the order of events is worth more than haste,
// and no delivery is to blame.
func (c Consumer) try(ctx context.Context, conn *Conn, msgs []jetstream.Msg, ds []events.Delivery) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := c.do(ctx, ds)
		if clocker.CodeOf(err) != clocker.Unavailable {
			return err
		}
		conn.log.Debug("wait to handle events", "consumer", c.Name, "reason", err)
		for _, m := range msgs {
			_ = m.InProgress() // a lost one means a redelivery, which the inbox knows
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// dispose is the one place that decides what becomes of a delivery: done, again later, or a dead letter.
func (c Consumer) dispose(ctx context.Context, conn *Conn, m jetstream.Msg, d events.Delivery, err error) {
	result := "done"
	switch {
	case err == nil:
		_ = m.Ack()
	case ctx.Err() != nil:
		result = "stopped"
		_ = m.Nak() // so that the next process need not wait for it
	case isPermanent(err) || attempts(m) >= attemptsMax:
		result = "dead"
		conn.log.Error("event goes to the dead letters", "consumer", c.Name, "number", d.Number, "topic", d.Topic, "reason", err)
		if dead := c.dead(ctx, d, err.Error()); dead != nil {
			result = "retry"
			_ = m.NakWithDelay(time.Second)
			break
		}
		_ = m.Ack()
	default:
		result = "retry"
		delay := retryDelay(attempts(m))
		conn.log.Warn("event is handled again later", "consumer", c.Name, "number", d.Number, "topic", d.Topic, "in", delay, "reason", err)
		_ = m.NakWithDelay(delay)
	}
	conn.metrics.deliveries.WithLabelValues(c.Name, result).Inc()
}

func attempts(m jetstream.Msg) int {
	meta, err := m.Metadata()
	if err != nil {
		return 1
	}
	return int(meta.NumDelivered)
}

// retryDelay is 100 ms, doubled with each attempt, at most 30 s.
func retryDelay(attempt int) time.Duration {
	return min(100*time.Millisecond<<min(attempt-1, 10), 30*time.Second)
}

// decode reads a message of the stream. The delivery carries what could be read even when the rest could not.
func decode(m jetstream.Msg) (events.Delivery, error) {
	h := m.Headers()
	var d events.Delivery
	number, err := strconv.ParseInt(h.Get(headerSequence), 10, 64)
	if err != nil {
		return d, errors.New("message carries no event number")
	}
	d.Number = number
	topic, ok := events.TopicOf(h.Get(headerType))
	d.Topic = topic
	if !ok {
		return d, fmt.Errorf("event type %q is not one this version knows", h.Get(headerType))
	}
	d.ID, d.Subject, d.Data, d.Trace = h.Get(headerID), m.Subject(), m.Data(), h.Get(headerTrace)
	d.Cause, _ = strconv.ParseInt(h.Get(headerCause), 10, 64)
	if d.Time, err = time.Parse(time.RFC3339Nano, h.Get(headerTime)); err != nil {
		return d, fmt.Errorf("event time: %w", err)
	}
	d.Event, err = events.Decode(topic, d.Data)
	return d, err
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
