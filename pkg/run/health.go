package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"clocker.io/pkg/clocker"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	checkTime  = 2 * time.Second // of one check; what does not answer by then counts as not ready
	checkFresh = time.Second     // how long an outcome is told again: many who ask are one look
)

// Readiness is the outcome of one check.
type Readiness struct {
	Check string `json:"check"`
	Ready bool   `json:"ready"`
	Error string `json:"error,omitempty"`
}

// Health answers whether a process lives and is ready. Checks run beside each other, each bounded, also when a check
// does not heed its context. Safe for concurrent use.
type Health struct{ looks []*look }

// NewHealth makes the health of a process that needs what checks look at.
func NewHealth(checks []Check) *Health {
	h := &Health{}
	for _, c := range checks {
		h.looks = append(h.looks, &look{check: c})
	}
	return h
}

// Probe gives the outcome of every check, at most a second old, and says whether all are ready.
func (h *Health) Probe(ctx context.Context) ([]Readiness, bool) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	waits := make([]<-chan struct{}, len(h.looks))
	for i, l := range h.looks {
		waits[i] = l.begin()
	}
	out := make([]Readiness, len(h.looks))
	all := true
	for i, l := range h.looks {
		select {
		case <-waits[i]:
		case <-ctx.Done():
		}
		out[i] = l.outcome(waits[i])
		all = all && out[i].Ready
	}
	return out, all
}

// look is one check and its last outcome.
type look struct {
	check Check

	mu    sync.Mutex
	done  chan struct{} // closed when the latest run has ended; nil before the first
	ended time.Time
	err   error
}

// begin runs the check unless it runs already or ran just now; the channel is closed when there is an outcome.
func (l *look) begin() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done != nil {
		select {
		case <-l.done:
			if time.Since(l.ended) < checkFresh {
				return l.done
			}
		default:
			return l.done
		}
	}
	done := make(chan struct{})
	l.done = done
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), checkTime)
		defer cancel()
		err := l.check.Ready(ctx)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.err, l.ended = err, time.Now()
		close(done)
	}()
	return done
}

func (l *look) outcome(done <-chan struct{}) Readiness {
	r := Readiness{Check: l.check.Name}
	select {
	case <-done:
	default:
		r.Error = fmt.Sprintf("no answer within %s", checkTime)
		return r
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Ready, r.Error = l.err == nil, reason(l.err)
	return r
}

// reason tells why a check fails. What lies under a refusal may name users and addresses, and anybody may ask.
func reason(err error) string {
	var e *clocker.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Message
	}
	return err.Error()
}

// Live says that the process answers; it looks at nothing.
func (h *Health) Live(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "ok\n") }

// Ready says ok, or what is not ready. With ?verbose it lists every check; who accepts JSON gets them as JSON.
func (h *Health) Ready(w http.ResponseWriter, r *http.Request) {
	checks, ready := h.Probe(r.Context())
	status := http.StatusOK
	if !ready {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Cache-Control", "no-store")
	if acceptsJSON(r) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(struct { // the reader may be gone; nobody is left to tell
			Ready  bool        `json:"ready"`
			Checks []Readiness `json:"checks"`
		}{ready, checks})
		return
	}
	verbose := r.URL.Query().Has("verbose") && r.URL.Query().Get("verbose") != "false"
	text(w, status, lines(checks, ready, verbose))
}

func lines(checks []Readiness, ready, verbose bool) string {
	var b strings.Builder
	for _, c := range checks {
		switch {
		case !c.Ready:
			fmt.Fprintf(&b, "[-]%s: %s\n", c.Check, c.Error)
		case verbose:
			fmt.Fprintf(&b, "[+]%s ok\n", c.Check)
		}
	}
	switch {
	case !ready:
		b.WriteString("not ready\n")
	default:
		b.WriteString("ok\n")
	}
	return b.String()
}

func acceptsJSON(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept"), ",") {
		if kind, _, err := mime.ParseMediaType(part); err == nil && kind == "application/json" {
			return true
		}
	}
	return false
}

func text(w http.ResponseWriter, status int, s string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(s))
}

// HealthHandler answers /livez, /readyz and /metrics.
func HealthHandler(g prometheus.Gatherer, checks []Check) http.Handler {
	h := NewHealth(checks)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", h.Live)
	mux.HandleFunc("GET /readyz", h.Ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
	return mux
}
