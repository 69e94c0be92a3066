// Package trace follows one request through all services: each piece of work is a span whose parent is the event that it
// answers, and the facts that it states carry that span on. It is the one place that knows OpenTelemetry.
//
// It decides nothing and costs next to nothing while it is off: a trace context then passes through unchanged. It knows
// neither events nor databases.
//
// Start reading at [Tracer]; otlp.go is how spans are sent.
package trace
