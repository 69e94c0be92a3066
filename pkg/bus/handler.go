package bus

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"clocker.io/pkg/events"
)

// Received is an event as a handler gets it.
type Received[E events.Event] struct {
	Event  E
	Number int64
	Time   time.Time
	Trace  string // W3C traceparent
}

// Handler is what a service does on one kind of event. Its function is given a store bound to one transaction and
// returns the facts that follow; it never publishes, acknowledges, retries or starts goroutines. Deliveries come at
// least once and in any order.
type Handler[S any] struct {
	Topic  string
	handle func(ctx context.Context, s S, d events.Delivery) ([]events.Event, error)
}

// On makes a handler of a plain function; the event's type says the topic.
func On[S any, E events.Event](fn func(ctx context.Context, s S, e Received[E]) ([]events.Event, error)) Handler[S] {
	var zero E
	return Handler[S]{Topic: zero.Topic(), handle: func(ctx context.Context, s S, d events.Delivery) ([]events.Event, error) {
		e, ok := d.Event.(E)
		if !ok {
			return nil, Permanent(fmt.Errorf("topic %s carries a %T", d.Topic, d.Event))
		}
		return fn(ctx, s, Received[E]{Event: e, Number: d.Number, Time: d.Time, Trace: d.Trace})
	}}
}

// Unit is the unit of work that makes a delivery happen once; pg.Unit is one.
type Unit[S any] interface {
	// Do handles deliveries in order in one transaction, passing over those already handled; an error undoes all. The
	// error of one delivery is a *Fault. One of code clocker.Unavailable is the database's and passes by itself.
	Do(ctx context.Context, consumer string, ds []events.Delivery,
		handle func(context.Context, S, events.Delivery) ([]events.Event, error)) error
	// Dead puts a delivery among the dead letters, and counts it as handled.
	Dead(ctx context.Context, consumer string, d events.Delivery, l Letter) error
	// Retry handles a dead letter's event, as the log has it, and takes the letter away, all in one transaction. A letter
	// that fails again stays, with its new reason.
	Retry(ctx context.Context, consumer string, number int64, by string,
		handle func(context.Context, S, events.Delivery) ([]events.Event, error)) error
}

// Consumer is a service's durable place in the stream, with what to do there.
type Consumer struct {
	Name   string   // durable; the service's name. Another name would see every event again
	Topics []string // what it handles
	do     func(ctx context.Context, ds []events.Delivery) error
	dead   func(ctx context.Context, d events.Delivery, l Letter) error
	retry  func(ctx context.Context, number int64, by string) error
}

// Retry has the consumer's handler try a dead letter once more, and says why it failed again.
func (c Consumer) Retry(ctx context.Context, number int64, by string) error {
	return c.retry(ctx, number, by)
}

// Consume makes a service's consumer of its handlers. One consumer, rather than one for each topic, keeps the order of
// a container's events and lets them share a transaction.
func Consume[S any](name string, unit Unit[S], handlers ...Handler[S]) Consumer {
	byTopic := map[string]Handler[S]{}
	c := Consumer{Name: name}
	for _, h := range handlers {
		byTopic[h.Topic] = h
		c.Topics = append(c.Topics, h.Topic)
	}
	dispatch := func(ctx context.Context, s S, d events.Delivery) (facts []events.Event, err error) {
		defer func() {
			if r := recover(); r != nil {
				err = &panicked{value: r, stack: bound(string(debug.Stack()), stackBytes)}
			}
		}()
		h, ok := byTopic[d.Topic]
		if !ok {
			return nil, Permanent(fmt.Errorf("service %s handles no %s", name, d.Topic))
		}
		return h.handle(ctx, s, d)
	}
	c.do = func(ctx context.Context, ds []events.Delivery) error { return unit.Do(ctx, name, ds, dispatch) }
	c.dead = func(ctx context.Context, d events.Delivery, l Letter) error { return unit.Dead(ctx, name, d, l) }
	c.retry = func(ctx context.Context, number int64, by string) error {
		return unit.Retry(ctx, name, number, by, dispatch)
	}
	return c
}
