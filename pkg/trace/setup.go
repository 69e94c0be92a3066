package trace

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// flushTime bounds the sending of what is left when a process ends.
const flushTime = 3 * time.Second

// Open makes the tracer of a service from its settings; nil, which is off, unless one of them names an endpoint:
//
//   - CLOCKER_OTLP_ENDPOINT, else OTEL_EXPORTER_OTLP_ENDPOINT: base URL of a receiver of OTLP over HTTP, http://collector:4318
//   - CLOCKER_TRACE_RATIO (1): how many of the traces that begin here are kept, from 0 to 1
//   - OTEL_EXPORTER_OTLP_HEADERS: name=value, with commas between, sent along
func Open(service string, env func(key, fallback string) string, log *slog.Logger) (*Tracer, error) {
	base := env("CLOCKER_OTLP_ENDPOINT", env("OTEL_EXPORTER_OTLP_ENDPOINT", ""))
	if base == "" {
		return nil, nil
	}
	at, err := url.Parse(base)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return nil, fmt.Errorf("CLOCKER_OTLP_ENDPOINT %q: want a URL such as http://127.0.0.1:4318", base)
	}
	ratio, err := strconv.ParseFloat(env("CLOCKER_TRACE_RATIO", "1"), 64)
	if err != nil || !(ratio >= 0 && ratio <= 1) {
		return nil, fmt.Errorf("CLOCKER_TRACE_RATIO %q: want a number from 0 to 1", env("CLOCKER_TRACE_RATIO", "1"))
	}
	headers, err := headersOf(env("OTEL_EXPORTER_OTLP_HEADERS", ""))
	if err != nil {
		return nil, err
	}
	to, err := newExporter(at.JoinPath("v1", "traces").String(), headers, log)
	if err != nil {
		return nil, err
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(to, sdktrace.WithBatchTimeout(time.Second)),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(ratio))),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", service), attribute.String("service.namespace", "clocker"))),
	)
	return &Tracer{provider: provider, tracer: provider.Tracer("clocker.io/pkg/trace")}, nil
}

// Close sends what is left, for a few seconds at most.
func (t *Tracer) Close() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	_ = t.provider.Shutdown(ctx) // what cannot be sent now is lost; the exporter has logged why
}

func headersOf(list string) (map[string]string, error) {
	headers := map[string]string{}
	for _, pair := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		name, value, ok := strings.Cut(pair, "=")
		value, err := url.QueryUnescape(strings.TrimSpace(value))
		if !ok || err != nil {
			return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_HEADERS: want name=value with commas between") // the text may hold a secret
		}
		headers[strings.TrimSpace(name)] = value
	}
	return headers, nil
}
