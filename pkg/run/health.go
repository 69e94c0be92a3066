package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Readiness is the outcome of one check.
type Readiness struct {
	Check string `json:"check"`
	Ready bool   `json:"ready"`
	Error string `json:"error,omitempty"`
}

// Probe runs all checks, each at most 2 s, and says whether all are ready.
func Probe(ctx context.Context, checks []Check) ([]Readiness, bool) {
	out := make([]Readiness, len(checks))
	all := true
	for i, c := range checks {
		call, cancel := context.WithTimeout(ctx, 2*time.Second)
		err := c.Ready(call)
		cancel()
		out[i] = Readiness{Check: c.Name, Ready: err == nil}
		if err != nil {
			out[i].Error, all = err.Error(), false
		}
	}
	return out, all
}

// HealthHandler answers /livez, which looks at nothing, /readyz and /metrics.
func HealthHandler(g prometheus.Gatherer, checks []Check) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		results, ready := Probe(r.Context(), checks)
		w.Header().Set("Content-Type", "application/json")
		if !ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(results) // the reader is gone; nobody is left to tell
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
	return mux
}

// ServeHTTP serves on listen until ctx ends, then lets open requests finish within 5 s.
func ServeHTTP(ctx context.Context, listen string, h http.Handler) error {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", listen, err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(end); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return ctx.Err()
}
