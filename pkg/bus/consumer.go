package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clocker.io/pkg/events"
	"clocker.io/pkg/reconcile"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	batchMost = 200              // deliveries in one transaction
	ackWait   = 5 * time.Second  // what a killed process held comes again after it
	pullTime  = 30 * time.Second // how long a request for events waits for them; six times in it the server says that it does
)

// Run delivers events to the consumer's handlers until ctx ends. A stream that is gone or made anew is waited for and
// followed; nothing is handled twice, because the unit of work knows the numbers.
func (c Consumer) Run(ctx context.Context, conn *Conn) error {
	w := &worker{Consumer: c, conn: conn, failing: map[int64]failure{}}
	conn.metrics.serve(c.Name)
	for {
		err := w.follow(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		conn.log.Debug("consumer starts over", "consumer", c.Name, "reason", err)
		if err := reconcile.Pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// follow binds to the present stream and works until it can no longer.
func (w *worker) follow(ctx context.Context) error {
	filters := make([]string, len(w.Topics))
	for i, t := range w.Topics {
		filters[i] = events.SubjectsOf(t)
	}
	setup, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	cons, err := w.conn.js.CreateOrUpdateConsumer(setup, streamName, jetstream.ConsumerConfig{
		Durable: w.Name, FilterSubjects: filters, AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait,
		MaxAckPending: 5 * batchMost, DeliverPolicy: jetstream.DeliverAllPolicy, MaxDeliver: -1,
	})
	if err != nil {
		return fmt.Errorf("bind consumer: %w", err)
	}
	it, err := cons.Messages(jetstream.PullMaxMessages(batchMost), jetstream.PullExpiry(pullTime),
		jetstream.PullHeartbeat(pullTime/6))
	if err != nil {
		return fmt.Errorf("pull: %w", err)
	}
	msgs := make(chan jetstream.Msg, batchMost) // with room for what comes while a batch is worked on: that is the next one
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
			w.work(ctx, collect(m, msgs))
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

// errForeign is what a message that carries no number of an event is: nothing that we published.
var errForeign = errors.New("message carries no event number")

// decode reads a message of the stream. The delivery carries what could be read even when the rest could not.
func decode(m jetstream.Msg) (events.Delivery, error) {
	var d events.Delivery
	var err error
	if d.Record, err = record(m.Headers(), m.Subject(), m.Data()); err != nil {
		return d, err
	}
	d.Event, err = events.Decode(d.Topic, d.Data)
	return d, err
}
