package up

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/agenttest"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/pkg/run"
	"clocker.io/pkg/trace"

	"github.com/prometheus/client_golang/prometheus"
)

const simulatedToken = "clkjoin_simulated_agents_only"

// simulated is the control services of Clocker on real Postgres and NATS, with a simulated agent for a host.
type simulated struct {
	t      *testing.T
	nats   *bustest.NATS
	db     *pg.DB // as api
	url    string // of the same database, as the owner
	base   string // of the API
	token  string
	agent  *agenttest.Agent
	change func(*simulated, *run.Service) // what a test puts in the place of a part; nil for nothing
	from   string                         // traceparent of requests; empty for none
}

// simulate starts them; change sees each service before it runs. settings are further names and values.
func simulate(t *testing.T, change func(*simulated, *run.Service), settings ...string) *simulated {
	t.Helper()
	s := &simulated{t: t, nats: bustest.Server(t), db: pgtest.Open(t, "api", schemas()...), change: change}
	s.url = pgtest.OwnerURL(t, s.db)
	t.Cleanup(func() {
		if n := s.nats.Refused(); n > 0 {
			t.Errorf("NATS refused %d messages or subscriptions of services that do their work, see its log", n)
		}
	})
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "join-token"), []byte(simulatedToken), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s.base = "http://" + listen
	given := map[string]string{"CLOCKER_DATABASE_URL": s.url, "CLOCKER_LISTEN": listen, "CLOCKER_MAX_CONTAINERS": "100000"}
	for i := 0; i+1 < len(settings); i += 2 {
		given[settings[i]] = settings[i+1]
	}
	env := lookup(given, func(string) string { return "" })
	for _, p := range parts() {
		if p.name != "agent" && p.name != "dns" {
			s.start(p, env, data)
		}
	}
	s.agent = agenttest.New(agenttest.Config{Host: LocalHost, Token: simulatedToken, Conn: bustest.Host(t, s.nats)})
	s.until("running", s.agent.Run)
	s.eventually("the API", func() error {
		if status := s.call(http.MethodGet, "/readyz", "", nil); status != http.StatusOK {
			return fmt.Errorf("/readyz answers %d", status)
		}
		return nil
	})
	text, err := os.ReadFile(filepath.Join(data, "token"))
	if err != nil {
		t.Fatal(err)
	}
	s.token = strings.TrimSpace(string(text))
	return s
}

// start runs one service until the test ends, as its main does.
func (s *simulated) start(p part, env func(key, fallback string) string, data string) {
	s.t.Helper()
	log := slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})).With("service", p.name)
	registry := prometheus.NewRegistry()
	tracer, err := trace.Open(p.name, env, log)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(tracer.Close)
	pl := run.Platform{Name: p.name, Log: log, Tracer: tracer, Now: time.Now, Bus: bustest.As(s.t, s.nats, p.user), Env: env, Data: data,
		Installation: "simulated", Metrics: registry, Gatherer: registry}
	service, err := p.make(pl)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.change != nil {
		s.change(s, &service)
	}
	s.until(p.name, func(ctx context.Context) error { return run.Run(ctx, pl, service) })
}

// until runs fn beside the test and waits for it when the test ends.
func (s *simulated) until(name string, fn func(ctx context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- fn(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && ctx.Err() == nil {
			s.t.Errorf("%s ended: %v", name, err)
		}
	})
}

// call asks the API and reads the answer into into; 0 means that nobody answered.
func (s *simulated) call(method, path, body string, into any) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	if s.from != "" {
		req.Header.Set("Traceparent", s.from)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		s.t.Fatalf("%s %s: %d %s: %v", method, path, res.StatusCode, text, err)
	}
	return res.StatusCode
}

// eventually asks again until ask has no error, for what gives no signal.
func (s *simulated) eventually(what string, ask func() error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 4*time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatalf("waited for %s: %v", what, err)
		}
	}
}

// deploy posts an application of one entity, web, with so many members.
func (s *simulated) deploy(id string, size int) (uid string) {
	s.t.Helper()
	blueprint := fmt.Sprintf("id: %s\nlocation: my-docker-cloud\nservices:\n- type: docker:nginx:1\n  id: web\n  brooklyn.config:\n    initialSize: %d\n", id, size)
	var accepted struct{ UID string }
	if status := s.call(http.MethodPost, "/v1/applications", blueprint, &accepted); status != http.StatusAccepted {
		s.t.Fatalf("deploy %s: %d", id, status)
	}
	return accepted.UID
}

// healthy waits until an application has so many healthy members.
func (s *simulated) healthy(id string, size int) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%d healthy containers of %s", size, id), func() error {
		var a struct {
			Up      int
			Healthy bool
		}
		if status := s.call(http.MethodGet, "/v1/applications/"+id, "", &a); status != http.StatusOK || a.Up != size || !a.Healthy {
			return fmt.Errorf("%d: %d of %d are up", status, a.Up, size)
		}
		return nil
	})
}

func TestASimulatedAgentCarriesApplicationsThroughTheRealServices(t *testing.T) {
	t.Parallel()
	s := simulate(t, nil)
	uid := s.deploy("shop", 20)
	s.healthy("shop", 20)

	first := clocker.Container{Application: "shop", UID: uid, Entity: "web", Ordinal: 0, Generation: 1}
	second := clocker.Container{Application: "shop", UID: uid, Entity: "web", Ordinal: 1, Generation: 1}
	if !s.agent.Crash(first) || !s.agent.Fail(second) {
		t.Fatal("a healthy container does not run in the agent")
	}
	replacement := second
	replacement.Generation = 2
	s.eventually("the replacement", func() error {
		running := s.agent.Running()
		if _, ok := running[replacement]; !ok || running[first] != 1 {
			return fmt.Errorf("running: %v", running)
		}
		return nil
	})
	s.healthy("shop", 20)
	for c, n := range s.agent.Starts() {
		if n != 1 {
			t.Errorf("%s was started %d times", c.EngineName(), n)
		}
	}
	if status := s.call(http.MethodDelete, "/v1/applications/shop", "", nil); status != http.StatusAccepted {
		t.Fatalf("delete: %d", status)
	}
	s.eventually("the end of the application", func() error {
		if n := len(s.agent.Running()); n > 0 {
			return fmt.Errorf("%d containers run", n)
		}
		if status := s.call(http.MethodGet, "/v1/applications/shop", "", nil); status != http.StatusNotFound {
			return fmt.Errorf("the API answers %d", status)
		}
		return nil
	})
	if refused := s.agent.Refused(); len(refused) > 0 {
		t.Errorf("control refused facts: %v", refused)
	}
}
