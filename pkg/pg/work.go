package pg

import (
	"context"
	"log/slog"

	"clocker.io/pkg/events"
	"clocker.io/pkg/logs"
	"clocker.io/pkg/trace"
)

// work is the context of the handling of a delivery: its log says what it is about, and its span follows from the event.
func (db *DB) work(ctx context.Context, consumer string, d events.Delivery) (context.Context, trace.Span) {
	of, named := events.ContainerOf(d.Event)
	ctx = logs.With(ctx, func() []slog.Attr {
		attrs := []slog.Attr{slog.String("consumer", consumer), slog.Int64("event", d.Number), slog.String("topic", d.Topic)}
		if named {
			attrs = append(attrs, logs.Container(of)...)
		}
		return attrs
	})
	tracer := db.cfg.Tracer
	if tracer == nil {
		return trace.With(ctx, d.Trace), trace.Span{}
	}
	ctx, span := tracer.Follow(ctx, d.Trace, "handle "+d.Topic, "clocker.consumer", consumer, "clocker.event", d.Number,
		"clocker.topic", d.Topic)
	if named {
		span.Set("clocker.container", of.Path(), "clocker.generation", of.Generation)
	}
	return ctx, span
}

// batch is the context of a transaction over several deliveries; its span links to what they follow from.
func (db *DB) batch(ctx context.Context, consumer string, ds []events.Delivery) (context.Context, trace.Span) {
	if db.cfg.Tracer == nil {
		return ctx, trace.Span{}
	}
	from := make([]string, len(ds))
	for i, d := range ds {
		from[i] = d.Trace
	}
	return db.cfg.Tracer.Batch(ctx, "transaction of "+consumer, from, "clocker.consumer", consumer, "clocker.deliveries", len(ds))
}

// carried is the trace context of facts that are stated under a context: without tracing, that of their cause as it is.
func (db *DB) carried(ctx context.Context, cause string) string {
	if db.cfg.Tracer == nil {
		return cause
	}
	return trace.Parent(ctx)
}

// traced gives a stream whose batches are spans, which link to what their events follow from.
func (db *DB) traced(s Stream) Stream {
	if db.cfg.Tracer == nil {
		return s
	}
	return tracedStream{s, db.cfg.Tracer}
}

type tracedStream struct {
	Stream
	tracer *trace.Tracer
}

// Publish implements Stream.
func (s tracedStream) Publish(ctx context.Context, records []events.Record) error {
	from := make([]string, len(records))
	for i, r := range records {
		from[i] = r.Trace
	}
	ctx, span := s.tracer.Batch(ctx, "publish events", from, "clocker.events", len(records),
		"clocker.first", records[0].Number, "clocker.last", records[len(records)-1].Number)
	err := s.Stream.Publish(ctx, records)
	span.End(err)
	return err
}
