package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/pkg/run"
	"clocker.io/pkg/run/runtest"

	"github.com/prometheus/client_golang/prometheus"
)

// start runs the whole service, as its main does, and gives its address and token once it is ready.
func start(t *testing.T) (base, token, dbURL string) {
	t.Helper()
	return startOn(t, bustest.Server(t))
}

// startOn is start with a NATS that others speak to as well.
func startOn(t *testing.T, nats *bustest.NATS) (base, token, dbURL string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	data, registry := t.TempDir(), prometheus.NewRegistry()
	dbURL = pgtest.URL(t, Schema)
	settings := map[string]string{"CLOCKER_LISTEN": listen, "CLOCKER_DATABASE_URL": dbURL}
	p := run.Platform{Name: "api", Log: slog.New(slog.DiscardHandler), Now: time.Now, Bus: bustest.As(t, nats, "api"), Data: data,
		Installation: "test", Metrics: registry, Gatherer: registry, Env: runtest.Env(settings)}
	s, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	runtest.Start(t, p, s)
	base = "http://" + listen
	runtest.Eventually(t, "wait until it is ready", func() error {
		res, err := http.Get(base + "/readyz")
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			return errors.New(res.Status)
		}
		return nil
	})
	text, err := os.ReadFile(filepath.Join(data, "token"))
	if err != nil {
		t.Fatal(err)
	}
	return base, strings.TrimSpace(string(text)), dbURL
}

func call(t *testing.T, token, method, url, body string, into any) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept", "application/x-ndjson, application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return res.StatusCode
}

func TestASubmissionBecomesANumberedEvent(t *testing.T) {
	t.Parallel()
	base, token, _ := start(t)
	var accepted struct{ UID, Operation string }
	if status := call(t, token, "POST", base+"/v1/applications", "id: shop\nservices: [{type: 'docker:x'}]", &accepted); status != http.StatusAccepted {
		t.Fatal(status)
	}
	// The stream gives its first event once the sequencer has numbered it; nothing is polled here.
	var e events.CloudEvent
	call(t, token, "GET", base+"/v1/events?application=shop", "", &e)
	var fact events.ApplicationSubmitted
	if err := json.Unmarshal(e.Data, &fact); err != nil {
		t.Fatal(err)
	}
	if e.Sequence != 1 || e.Type != events.Type("application.submitted") || fact.UID != accepted.UID ||
		fact.Operation != accepted.Operation || len(e.TraceParent) != 55 {
		t.Errorf("%+v", e)
	}
	var audit struct {
		OK    bool
		Count int64
	}
	if call(t, token, "GET", base+"/v1/audit/verify", "", &audit); !audit.OK || audit.Count != 1 {
		t.Errorf("%+v", audit)
	}
}

func TestAnEventOfPolicyClosesTheOperation(t *testing.T) {
	t.Parallel()
	base, token, dbURL := start(t)
	var accepted struct{ UID, Operation string }
	call(t, token, "POST", base+"/v1/applications", "id: shop\nservices: [{type: 'docker:x'}]", &accepted)
	// Stated as policy does, through the outbox.
	other, err := pg.Open(pg.Config{URL: dbURL, Role: "api"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	err = pg.NewUnit(other, func(tx *pg.Tx) *pg.Tx { return tx }).Run(t.Context(), func(context.Context, *pg.Tx) ([]events.Event, error) {
		return []events.Event{events.OperationFinished{Operation: accepted.Operation, Kind: events.OperationDeploy,
			Application: "shop", UID: accepted.UID, Outcome: events.OutcomeDone}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	runtest.Eventually(t, "wait for the operation", func() error {
		var o struct{ State string }
		call(t, token, "GET", base+"/v1/operations/"+accepted.Operation, "", &o)
		if o.State != "done" {
			return errors.New("the operation is " + o.State)
		}
		return nil
	})
}
