package probe

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	t0 := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	check := clocker.HealthCheck{Interval: 1000, Retries: 3, Start: 2000}
	tests := []struct {
		name string
		// one answer every 500 ms from the start: + good, - bad
		answers string
		want    string // verdicts with the answer's number
	}{
		{"well at once", "+", "0 well"},
		{"grace, then well", "----+", "4 well"},
		{"never well", "-----------", "8 ill"},
		{"falls ill", "++---", "0 well 4 ill"},
		{"one miss is nothing", "+-+-+--+", "0 well"},
		{"recovers", "+---+", "0 well 3 ill 4 well"},
		{"stays ill", "+-------", "0 well 3 ill"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j := newJudge(check, t0)
			var got []string
			for i, r := range tt.answers {
				if j.answer(r == '+', t0.Add(time.Duration(i)*500*time.Millisecond)) {
					got = append(got, fmt.Sprint(i, map[bool]string{true: " well", false: " ill"}[j.healthy]))
				}
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
		})
	}
}

// inside answers commands with an exit code.
type inside struct{ code atomic.Int32 }

func (i *inside) Exec(context.Context, string, []string) (int, error) { return int(i.code.Load()), nil }

func TestRun(t *testing.T) {
	t.Parallel()
	var status atomic.Int32
	status.Store(200)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/well" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(int(status.Load()))
	}))
	t.Cleanup(server.Close)
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	box := &inside{}
	quick := func(h clocker.HealthCheck) clocker.HealthCheck {
		h.Interval, h.Timeout, h.Retries, h.Port = 5, 120_000, 2, int(at.Port())
		return h
	}
	tests := []struct {
		name  string
		check clocker.HealthCheck
		spoil func()
		want  string
	}{
		{"http", quick(clocker.HealthCheck{HTTP: "/well"}), func() { status.Store(503) }, "answered 503 Service Unavailable"},
		{"command", quick(clocker.HealthCheck{Command: []string{"check"}}), func() { box.code.Store(4) }, "command check exited with code 4"},
		{"tcp", quick(clocker.HealthCheck{TCP: true}), server.Close, "connection refused"},
	}
	for _, tt := range tests {
		verdicts := make(chan string, 10)
		ctx, cancel := context.WithCancel(t.Context())
		target := Target{Address: at.Addr().String(), Started: time.Now(), Check: tt.check, Inside: box}
		done := make(chan struct{})
		go func() {
			defer close(done)
			Run(ctx, target, func(healthy bool, reason string) { verdicts <- fmt.Sprint(healthy, " ", reason) })
		}()
		if v := <-verdicts; v != "true " {
			t.Errorf("%s: first %q", tt.name, v)
		}
		tt.spoil()
		if v := <-verdicts; !strings.HasPrefix(v, "false ") || !strings.Contains(v, tt.want) {
			t.Errorf("%s: then %q, want %q", tt.name, v, tt.want)
		}
		cancel()
		<-done
	}
}
