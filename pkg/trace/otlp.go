package trace

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	sendTime = 5 * time.Second // of one request
	tryTime  = 2 * time.Second // of one batch, with its repetitions
	sayEvery = time.Minute     // how often spans that cannot be sent are logged
)

// exporter is OpenTelemetry's, whose failures are told in the log of the service and not on standard error.
type exporter struct {
	sdktrace.SpanExporter
	url string
	log *slog.Logger

	mu   sync.Mutex
	said time.Time
}

// newExporter sends to a URL; it does not connect yet.
func newExporter(url string, headers map[string]string, log *slog.Logger) (*exporter, error) {
	to, err := otlptracehttp.New(context.Background(), otlptracehttp.WithEndpointURL(url), otlptracehttp.WithHeaders(headers),
		otlptracehttp.WithCompression(otlptracehttp.GzipCompression), otlptracehttp.WithTimeout(sendTime),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: 200 * time.Millisecond,
			MaxInterval: time.Second, MaxElapsedTime: tryTime}))
	if err != nil {
		return nil, fmt.Errorf("send spans to %s: %w", url, err)
	}
	return &exporter{SpanExporter: to, url: url, log: log}, nil
}

// ExportSpans implements sdktrace.SpanExporter. Spans that cannot be sent are dropped: a receiver that is away must
// hold up nothing.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.complain(ctx, len(spans), err)
	}
	return nil
}

func (e *exporter) complain(ctx context.Context, n int, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if time.Since(e.said) < sayEvery {
		return
	}
	e.said = time.Now()
	e.log.WarnContext(ctx, "spans are lost: they cannot be sent", "spans", n, "to", e.url, "reason", err)
}
