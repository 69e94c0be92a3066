package trace_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"clocker.io/pkg/trace"
	"clocker.io/pkg/trace/tracetest"

	"pgregory.net/rapid"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func settings(pairs ...string) func(string, string) string {
	return func(key, fallback string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == key {
				return pairs[i+1]
			}
		}
		return fallback
	}
}

func open(t *testing.T, env ...string) *trace.Tracer {
	t.Helper()
	tracer, err := trace.Open("ipam", settings(env...), slog.New(slog.DiscardHandler))
	if err != nil || tracer == nil {
		t.Fatalf("%v, %v", tracer, err)
	}
	return tracer
}

func TestOffPassesTheTraceContextThroughByteForByte(t *testing.T) {
	t.Parallel()
	off, err := trace.Open("ipam", settings(), slog.New(slog.DiscardHandler))
	if off != nil || err != nil {
		t.Fatalf("without an endpoint: %v, %v", off, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := "00-" + rapid.StringMatching(`[0-9a-f]{31}[1-9a-f]`).Draw(t, "trace") + "-" +
			rapid.StringMatching(`[0-9a-f]{15}[1-9a-f]`).Draw(t, "span") + "-" + rapid.StringMatching(`[0-9a-f]{2}`).Draw(t, "flags")
		ctx, span := off.Follow(context.Background(), p, "handle", "key", 1)
		ctx, inner := off.Start(ctx, "inner")
		if got := trace.Parent(ctx); got != p {
			t.Fatalf("%q became %q", p, got)
		}
		inner.Set("more", "x")
		inner.End(errors.New("no"))
		span.End(nil)
	})
}

func TestWhatIsNoTraceContextIsNone(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"", "00", parent + "0", strings.ToUpper(parent), "01" + parent[2:], strings.Replace(parent, "-", "_", 2),
		"00-" + strings.Repeat("0", 32) + parent[35:], parent[:36] + strings.Repeat("0", 16) + "-01", "00-" + strings.Repeat("-", 32) + parent[35:]} {
		if trace.Valid(p) || trace.Parent(trace.With(t.Context(), p)) != "" {
			t.Errorf("%q is taken for one", p)
		}
	}
	if id, span := trace.IDs(trace.With(t.Context(), parent)); id != parent[3:35] || span != parent[36:52] {
		t.Errorf("%s, %s", id, span)
	}
}

// sent is what a receiver has of three spans once their process has ended.
func sent(t *testing.T) (*tracetest.Receiver, []tracetest.Span) {
	t.Helper()
	r := tracetest.Start(t)
	r.Fail(1) // sent again
	tracer := open(t, "CLOCKER_OTLP_ENDPOINT", r.URL+"/", "OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b, other=c")
	ctx, handler := tracer.Follow(t.Context(), parent, "handle container.placed", "clocker.event", int64(7), "clocker.container", "shop/web/0")
	_, inner := tracer.Start(ctx, "transaction", "ok", true)
	inner.End(errors.New("no room"))
	handler.End(nil)
	_, batch := tracer.Batch(ctx, "sequence", []string{trace.Parent(ctx), "rubbish", trace.Parent(ctx)}, "clocker.events", 2)
	batch.End(nil)
	tracer.Close()
	return r, r.Spans()
}

func TestSpansArriveWithTheirParentsLinksAndFaults(t *testing.T) {
	t.Parallel()
	r, spans := sent(t)
	for range 20 { // what cannot be sent within seconds is lost, also when it is this process that stands still
		if len(spans) == 3 {
			break
		}
		r, spans = sent(t)
	}
	if len(spans) != 3 {
		t.Fatalf("received %+v, want three spans", spans)
	}
	h, in, b := spans[0], spans[1], spans[2]
	if h.Service != "ipam" || h.Trace != parent[3:35] || h.Parent != parent[36:52] || h.Attributes["clocker.event"] != "7" || h.Attributes["clocker.container"] != "shop/web/0" {
		t.Errorf("%+v", h)
	}
	if in.Trace != h.Trace || in.Parent != h.ID || in.Error != "no room" || in.Attributes["ok"] != "true" || in.Ended.Before(in.Began) {
		t.Errorf("%+v", in)
	}
	if b.Trace == h.Trace || b.Parent != "" || len(b.Links) != 1 || b.Links[0] != h.ID {
		t.Errorf("%+v", b)
	}
	if g := r.Headers()[0]; g.Get("X-Key") != "a b" || g.Get("Other") != "c" {
		t.Errorf("headers %v", g)
	}
}

func TestOnlyTheAskedShareOfNewTracesIsKeptAndCallersDecideForTheirs(t *testing.T) {
	t.Parallel()
	r := tracetest.Start(t)
	tracer := open(t, "OTEL_EXPORTER_OTLP_ENDPOINT", r.URL, "CLOCKER_TRACE_RATIO", "0")
	ctx, own := tracer.Start(t.Context(), "own")
	if p := trace.Parent(ctx); !strings.HasSuffix(p, "-00") || !trace.Valid(p) {
		t.Errorf("a trace that is not kept is handed on as %q", p)
	}
	own.End(nil)
	_, unasked := tracer.Follow(t.Context(), parent[:54]+"0", "unasked")
	unasked.End(nil)
	_, asked := tracer.Follow(t.Context(), parent, "asked")
	asked.End(nil)
	r.Until("a span", func(s []tracetest.Span) bool { return len(s) > 0 })
	tracer.Close()
	spans := r.Spans()
	if len(spans) != 1 || spans[0].Name != "asked" {
		t.Errorf("%+v", spans)
	}
}

func TestAReceiverThatIsAwayIsToldOnceAndHoldsUpNothing(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	tracer, err := trace.Open("ipam", settings("CLOCKER_OTLP_ENDPOINT", "http://127.0.0.1:1"), slog.New(slog.NewTextHandler(&text, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 { // several batches
		_, s := tracer.Start(t.Context(), "work")
		s.End(nil)
	}
	tracer.Close()
	if n := strings.Count(text.String(), "spans are lost"); n != 1 {
		t.Errorf("told %d times:\n%s", n, text.String())
	}
}

func TestSettingsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range [][]string{
		{"CLOCKER_OTLP_ENDPOINT", "collector:4318"}, {"CLOCKER_OTLP_ENDPOINT", "ftp://x"}, {"CLOCKER_OTLP_ENDPOINT", "http://"},
		{"CLOCKER_OTLP_ENDPOINT", "http://x", "CLOCKER_TRACE_RATIO", "1.5"}, {"CLOCKER_OTLP_ENDPOINT", "http://x", "CLOCKER_TRACE_RATIO", "NaN"},
		{"CLOCKER_OTLP_ENDPOINT", "http://x", "OTEL_EXPORTER_OTLP_HEADERS", "secret"},
	} {
		tracer, err := trace.Open("ipam", settings(tc...), slog.New(slog.DiscardHandler))
		if tracer != nil || err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v: %v, %v", tc, tracer, err)
		}
	}
}
