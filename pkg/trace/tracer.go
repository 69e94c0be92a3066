package trace

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// linksMost bounds the links of a span; OpenTelemetry drops what is over it.
const linksMost = 128

// Tracer makes the spans of one service. A nil Tracer is off: it makes none, and contexts pass through. Safe for
// concurrent use.
type Tracer struct {
	provider *sdktrace.TracerProvider
	tracer   oteltrace.Tracer
}

// Span is a piece of work; the zero Span is none.
type Span struct{ span oteltrace.Span }

// Start begins a span under what ctx works for. The context it returns carries the span. attributes are keys and
// values: strings, integers, booleans.
func (t *Tracer) Start(ctx context.Context, name string, attributes ...any) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	return t.start(ctx, name, remote(Parent(ctx)), oteltrace.WithAttributes(pairs(attributes)...))
}

// Under is Start for work that is a detail: there is a span only under another one.
func (t *Tracer) Under(ctx context.Context, name string, attributes ...any) (context.Context, Span) {
	if t == nil || Parent(ctx) == "" {
		return ctx, Span{}
	}
	return t.Start(ctx, name, attributes...)
}

// Follow begins a span under a traceparent from elsewhere, such as an event's; one that is malformed begins a new
// trace. Off, ctx works for the traceparent itself from here on.
func (t *Tracer) Follow(ctx context.Context, from, name string, attributes ...any) (context.Context, Span) {
	if t == nil {
		return With(ctx, from), Span{}
	}
	return t.start(ctx, name, remote(from), oteltrace.WithAttributes(pairs(attributes)...),
		oteltrace.WithSpanKind(oteltrace.SpanKindConsumer))
}

// Serve begins the span of a request from outside.
func (t *Tracer) Serve(ctx context.Context, from, name string, attributes ...any) (context.Context, Span) {
	if t == nil {
		return With(ctx, from), Span{}
	}
	return t.start(ctx, name, remote(from), oteltrace.WithAttributes(pairs(attributes)...),
		oteltrace.WithSpanKind(oteltrace.SpanKindServer))
}

// Batch begins a span of a trace of its own over work for many, which it links to.
func (t *Tracer) Batch(ctx context.Context, name string, of []string, attributes ...any) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	links := make([]oteltrace.Link, 0, min(len(of), linksMost))
	seen := map[string]bool{}
	for _, s := range of {
		if c := remote(s); c.IsValid() && !seen[s] && len(links) < linksMost {
			seen[s] = true
			links = append(links, oteltrace.Link{SpanContext: c})
		}
	}
	return t.start(ctx, name, oteltrace.SpanContext{}, oteltrace.WithAttributes(pairs(attributes)...), oteltrace.WithLinks(links...))
}

func (t *Tracer) start(ctx context.Context, name string, parent oteltrace.SpanContext, o ...oteltrace.SpanStartOption) (context.Context, Span) {
	_, span := t.tracer.Start(oteltrace.ContextWithSpanContext(context.Background(), parent), name, o...)
	return context.WithValue(ctx, parentKey{}, traceparent(span.SpanContext())), Span{span}
}

// Set adds attributes, keys and values.
func (s Span) Set(attributes ...any) {
	if s.span != nil {
		s.span.SetAttributes(pairs(attributes)...)
	}
}

// Name changes the name, once it is known better.
func (s Span) Name(name string) {
	if s.span != nil {
		s.span.SetName(name)
	}
}

// End ends the span, with what went wrong if anything did.
func (s Span) End(err error) {
	if s.span == nil {
		return
	}
	if err != nil {
		s.span.SetStatus(codes.Error, err.Error())
	}
	s.span.End()
}

// pairs makes attributes of keys and values, as slog does.
func pairs(list []any) []attribute.KeyValue {
	out := make([]attribute.KeyValue, 0, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		key, _ := list[i].(string)
		switch v := list[i+1].(type) {
		case string:
			out = append(out, attribute.String(key, v))
		case int:
			out = append(out, attribute.Int(key, v))
		case int64:
			out = append(out, attribute.Int64(key, v))
		case bool:
			out = append(out, attribute.Bool(key, v))
		}
	}
	return out
}
