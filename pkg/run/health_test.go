package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/run"

	"github.com/prometheus/client_golang/prometheus"
)

func fine(context.Context) error { return nil }

func ask(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestReadinessIsToldToPeopleAndToPrograms(t *testing.T) {
	t.Parallel()
	away := errors.New("NATS does not answer")
	well := []run.Check{{Name: "database", Ready: fine}}
	ill := append(well, run.Check{Name: "nats", Ready: func(context.Context) error { return away }})
	for _, tc := range []struct {
		name, path, accept string
		checks             []run.Check
		code               int
		want               string
	}{
		{"live", "/livez", "", ill, 200, "ok\n"},
		{"ready", "/readyz", "", well, 200, "ok\n"},
		{"ready, verbose", "/readyz?verbose", "text/html, */*", well, 200, "[+]database ok\nok\n"},
		{"not ready", "/readyz", "", ill, 503, "[-]nats: NATS does not answer\nnot ready\n"},
		{"not ready, verbose", "/readyz?verbose", "", ill, 503, "[+]database ok\n[-]nats: NATS does not answer\nnot ready\n"},
		{"verbose said away", "/readyz?verbose=false", "", well, 200, "ok\n"},
		{"JSON", "/readyz", "text/plain;q=0.5, application/json; charset=utf-8", ill, 503, `{"ready":false,"checks":[` +
			`{"check":"database","ready":true},{"check":"nats","ready":false,"error":"NATS does not answer"}]}` + "\n"},
		{"JSON of nothing", "/readyz", "application/json", nil, 200, `{"ready":true,"checks":[]}` + "\n"},
		{"metrics", "/metrics", "", ill, 200, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := ask(run.HealthHandler(prometheus.NewRegistry(), tc.checks), tc.path, "Accept", tc.accept)
			if w.Code != tc.code || w.Body.String() != tc.want {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, tc.code, tc.want)
			}
		})
	}
}

func TestACheckThatHangsIsToldAsSuchAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		deaf := func(context.Context) error { <-free; return nil } // heeds no context
		h := run.NewHealth([]run.Check{{Name: "deaf", Ready: deaf}, {Name: "well", Ready: fine}})
		begin := time.Now()
		got, ready := h.Probe(t.Context())
		if ready || got[0].Error != "no answer within 2s" || !got[1].Ready || time.Since(begin) != 2*time.Second {
			t.Errorf("%+v, ready %v, after %s", got, ready, time.Since(begin))
		}
		close(free)
		synctest.Wait()
		if got, ready := h.Probe(t.Context()); !ready {
			t.Errorf("%+v", got)
		}
	})
}

func TestManyWhoAskAreOneLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int64
		slow := func(context.Context) error { looks.Add(1); <-time.After(time.Second); return nil }
		h := run.NewHealth([]run.Check{{Name: "slow", Ready: slow}})
		for range 50 {
			go h.Probe(t.Context())
		}
		<-time.After(1900 * time.Millisecond)
		if _, ready := h.Probe(t.Context()); !ready || looks.Load() != 1 {
			t.Errorf("ready %v after %d looks, want one", ready, looks.Load())
		}
		<-time.After(200 * time.Millisecond)
		if _, ready := h.Probe(t.Context()); !ready || looks.Load() != 2 {
			t.Errorf("ready %v after %d looks, want a second one when the first is a second old", ready, looks.Load())
		}
	})
}

func TestReadinessDoesNotTellWhatLiesUnderARefusal(t *testing.T) {
	t.Parallel()
	check := run.Check{Name: "database", Ready: func(context.Context) error {
		return &clocker.Error{Code: clocker.Unavailable, Message: "the database does not answer", Err: errors.New("user=clocker_api host=10.1.2.3")}
	}}
	w := ask(run.HealthHandler(prometheus.NewRegistry(), []run.Check{check}), "/readyz?verbose", "Accept", "application/json")
	var told struct{ Checks []run.Readiness }
	if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil || len(told.Checks) != 1 {
		t.Fatalf("%v in %s", err, w.Body)
	}
	if e := told.Checks[0].Error; e != "the database does not answer" || strings.Contains(w.Body.String(), "10.1.2.3") {
		t.Errorf("told %q", e)
	}
}
