package trace

import (
	"context"
	"strconv"
	"strings"

	oteltrace "go.opentelemetry.io/otel/trace"
)

type parentKey struct{}

// With notes whom the work in ctx is done for, as a W3C traceparent; one that is malformed is nobody.
func With(ctx context.Context, traceparent string) context.Context {
	if !Valid(traceparent) {
		return ctx
	}
	return context.WithValue(ctx, parentKey{}, traceparent)
}

// Parent is the traceparent to hand on from ctx: that of the present span, else what With noted, else none.
func Parent(ctx context.Context) string {
	if s, ok := ctx.Value(parentKey{}).(string); ok {
		return s
	}
	return ""
}

// IDs are the trace and span of ctx, for logs; empty when there are none.
func IDs(ctx context.Context) (trace, span string) {
	if s := Parent(ctx); s != "" {
		return s[3:35], s[36:52]
	}
	return "", ""
}

// Valid reports whether s is a traceparent of version 00 with ids that are not zero.
func Valid(s string) bool {
	return len(s) == 55 && s[:3] == "00-" && s[35] == '-' && s[52] == '-' && strings.Trim(s, "0123456789abcdef-") == "" &&
		strings.Count(s, "-") == 3 && strings.Trim(s[3:35], "0") != "" && strings.Trim(s[36:52], "0") != ""
}

// remote is a traceparent as OpenTelemetry has it; not valid when it is none.
func remote(s string) oteltrace.SpanContext {
	if !Valid(s) {
		return oteltrace.SpanContext{}
	}
	trace, _ := oteltrace.TraceIDFromHex(s[3:35])
	span, _ := oteltrace.SpanIDFromHex(s[36:52])
	flags, _ := strconv.ParseUint(s[53:], 16, 8)
	return oteltrace.NewSpanContext(oteltrace.SpanContextConfig{TraceID: trace, SpanID: span,
		TraceFlags: oteltrace.TraceFlags(flags) & oteltrace.FlagsSampled, Remote: true})
}

// traceparent writes a span context.
func traceparent(c oteltrace.SpanContext) string {
	flags := "00"
	if c.IsSampled() {
		flags = "01"
	}
	return "00-" + c.TraceID().String() + "-" + c.SpanID().String() + "-" + flags
}
