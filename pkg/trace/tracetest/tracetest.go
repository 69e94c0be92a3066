// Package tracetest receives spans in tests, over HTTP as any receiver of OTLP does.
//
// It never lets a body pass that is none of that protocol. Start reading at [Start].
package tracetest

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// Span is a span as it was received.
type Span struct {
	Service, Name     string
	Trace, ID, Parent string
	Links             []string // spans
	Attributes        map[string]string
	Error             string
	Began, Ended      time.Time
	Kind              int
}

// Receiver is a receiver of OTLP. Safe for concurrent use.
type Receiver struct {
	URL string

	t     testing.TB
	mu    sync.Mutex
	spans []Span
	fail  int
	asked []http.Header
	more  chan struct{} // closed with every request
}

// Start starts a receiver that ends with the test.
func Start(t testing.TB) *Receiver {
	t.Helper()
	r := &Receiver{t: t, more: make(chan struct{})}
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close)
	r.URL = srv.URL
	return r
}

// Fail answers the next n requests with 503.
func (r *Receiver) Fail(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = n
}

// Spans are those received so far, in the order of their begin.
func (r *Receiver) Spans() []Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(r.spans)
	slices.SortStableFunc(out, func(a, b Span) int { return a.Began.Compare(b.Began) })
	return out
}

// Headers are those of the requests so far.
func (r *Receiver) Headers() []http.Header {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.asked)
}

// Until waits until the spans are as wanted, and gives them.
func (r *Receiver) Until(what string, enough func([]Span) bool) []Span {
	r.t.Helper()
	limit := time.After(2 * time.Minute)
	for {
		r.mu.Lock()
		more := r.more
		r.mu.Unlock()
		spans := r.Spans()
		if enough(spans) {
			return spans
		}
		select {
		case <-more:
		case <-limit:
			for _, s := range spans {
				r.t.Logf("%s %s %s under %s: %s", s.Service, s.Trace, s.ID, s.Parent, s.Name)
			}
			r.t.Fatalf("never received %s", what)
		}
	}
}

// ServeHTTP takes spans.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, req.Header)
	defer func() { close(r.more); r.more = make(chan struct{}) }()
	if r.fail > 0 {
		r.fail--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if req.Method != http.MethodPost || req.URL.Path != "/v1/traces" || req.Header.Get("Content-Type") != "application/x-protobuf" {
		r.t.Errorf("asked %s %s with %q", req.Method, req.URL, req.Header.Get("Content-Type"))
	}
	z, err := gzip.NewReader(req.Body)
	if err != nil {
		r.t.Errorf("spans: %v", err)
		return
	}
	text, err := io.ReadAll(z)
	if err != nil {
		r.t.Errorf("spans: %v", err)
		return
	}
	var b collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(text, &b); err != nil {
		r.t.Errorf("spans: %v", err)
		return
	}
	r.take(&b)
	w.Header().Set("Content-Type", "application/x-protobuf") // an empty answer is an empty message
}

func (r *Receiver) take(b *collector.ExportTraceServiceRequest) {
	for _, of := range b.ResourceSpans {
		service := values(of.Resource.Attributes)["service.name"]
		for _, scope := range of.ScopeSpans {
			for _, s := range scope.Spans {
				span := Span{Service: service, Name: s.Name, Trace: hex.EncodeToString(s.TraceId), ID: hex.EncodeToString(s.SpanId),
					Parent: hex.EncodeToString(s.ParentSpanId), Kind: int(s.Kind), Attributes: values(s.Attributes), Error: s.Status.GetMessage(),
					Began: time.Unix(0, int64(s.StartTimeUnixNano)), Ended: time.Unix(0, int64(s.EndTimeUnixNano))}
				for _, l := range s.Links {
					span.Links = append(span.Links, hex.EncodeToString(l.SpanId))
				}
				r.spans = append(r.spans, span)
			}
		}
	}
}

func values(list []*common.KeyValue) map[string]string {
	out := map[string]string{}
	for _, a := range list {
		switch v := a.Value.Value.(type) {
		case *common.AnyValue_IntValue:
			out[a.Key] = strconv.FormatInt(v.IntValue, 10)
		case *common.AnyValue_BoolValue:
			out[a.Key] = strconv.FormatBool(v.BoolValue)
		default:
			out[a.Key] = a.Value.GetStringValue()
		}
	}
	return out
}
