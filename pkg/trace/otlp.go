package trace

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	sendTime  = 5 * time.Second
	sendTries = 3
	sayEvery  = time.Minute // how often spans that cannot be sent are logged
)

// exporter sends spans as OTLP over HTTP in its JSON form. The exporter of OpenTelemetry itself would link gRPC and
// protobuf into every service, and make dns half as big again.
type exporter struct {
	url     string
	headers map[string]string
	client  *http.Client
	log     *slog.Logger

	mu   sync.Mutex
	said time.Time
}

// ExportSpans implements sdktrace.SpanExporter. Spans that cannot be sent are dropped: a receiver that is away must
// hold up nothing.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	body, err := encode(spans)
	if err != nil {
		e.complain(ctx, len(spans), err)
		return nil
	}
	pause := 200 * time.Millisecond
	for try := 1; ; try++ {
		again, err := e.send(ctx, body)
		if err == nil {
			return nil
		}
		if !again || try == sendTries || ctx.Err() != nil {
			e.complain(ctx, len(spans), err)
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause *= 4
	}
}

// Shutdown implements sdktrace.SpanExporter.
func (e *exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}

// send sends a body once, and says whether another try may help.
func (e *exporter) send(ctx context.Context, body []byte) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Content-Encoding", "gzip")
	for k, v := range e.headers {
		req.Header.Set(k, v)
	}
	res, err := e.client.Do(req)
	if err != nil {
		return true, err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)) // so that the connection can be used again
	if res.StatusCode/100 == 2 {
		return false, nil
	}
	retry := res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= http.StatusBadGateway
	return retry, fmt.Errorf("the receiver answers %s", res.Status)
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

// The JSON form of OTLP: ids are hexadecimal, 64-bit numbers are strings.
type (
	otlpRequest struct {
		ResourceSpans []otlpResource `json:"resourceSpans"`
	}
	otlpResource struct {
		Resource   otlpAttributes `json:"resource"`
		ScopeSpans []otlpScope    `json:"scopeSpans"`
	}
	otlpAttributes struct {
		Attributes []otlpPair `json:"attributes,omitempty"`
	}
	otlpScope struct {
		Scope struct {
			Name string `json:"name"`
		} `json:"scope"`
		Spans []otlpSpan `json:"spans"`
	}
	otlpSpan struct {
		TraceID string `json:"traceId"`
		SpanID  string `json:"spanId"`
		Parent  string `json:"parentSpanId,omitempty"`
		Name    string `json:"name"`
		Kind    int    `json:"kind"`
		Start   string `json:"startTimeUnixNano"`
		End     string `json:"endTimeUnixNano"`
		otlpAttributes
		Links  []otlpLink `json:"links,omitempty"`
		Status otlpStatus `json:"status"`
	}
	otlpLink struct {
		TraceID string `json:"traceId"`
		SpanID  string `json:"spanId"`
	}
	otlpStatus struct {
		Code    int    `json:"code,omitempty"`
		Message string `json:"message,omitempty"`
	}
	otlpPair struct {
		Key   string         `json:"key"`
		Value map[string]any `json:"value"`
	}
)

// encode writes spans, all of one service, as a compressed request.
func encode(spans []sdktrace.ReadOnlySpan) ([]byte, error) {
	r := otlpResource{Resource: otlpAttributes{values(spans[0].Resource().Attributes())}, ScopeSpans: make([]otlpScope, 1)}
	r.ScopeSpans[0].Scope.Name = spans[0].InstrumentationScope().Name
	for _, s := range spans {
		r.ScopeSpans[0].Spans = append(r.ScopeSpans[0].Spans, spanOf(s))
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := json.NewEncoder(z).Encode(otlpRequest{[]otlpResource{r}}); err != nil {
		return nil, fmt.Errorf("encode spans: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("encode spans: %w", err)
	}
	return b.Bytes(), nil
}

func spanOf(s sdktrace.ReadOnlySpan) otlpSpan {
	c := s.SpanContext()
	o := otlpSpan{TraceID: c.TraceID().String(), SpanID: c.SpanID().String(), Name: s.Name(), Kind: int(s.SpanKind()),
		Start: strconv.FormatInt(s.StartTime().UnixNano(), 10), End: strconv.FormatInt(s.EndTime().UnixNano(), 10),
		otlpAttributes: otlpAttributes{values(s.Attributes())}}
	if p := s.Parent(); p.HasSpanID() {
		o.Parent = p.SpanID().String()
	}
	for _, l := range s.Links() {
		o.Links = append(o.Links, otlpLink{l.SpanContext.TraceID().String(), l.SpanContext.SpanID().String()})
	}
	if s.Status().Code == codes.Error {
		o.Status = otlpStatus{Code: 2, Message: s.Status().Description}
	}
	return o
}

func values(list []attribute.KeyValue) []otlpPair {
	out := make([]otlpPair, 0, len(list))
	for _, kv := range list {
		p := otlpPair{Key: string(kv.Key)}
		switch kv.Value.Type() {
		case attribute.INT64:
			p.Value = map[string]any{"intValue": strconv.FormatInt(kv.Value.AsInt64(), 10)}
		case attribute.BOOL:
			p.Value = map[string]any{"boolValue": kv.Value.AsBool()}
		default:
			p.Value = map[string]any{"stringValue": kv.Value.String()}
		}
		out = append(out, p)
	}
	return out
}
