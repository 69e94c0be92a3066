package http

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/pkg/run"
	"clocker.io/services/api/internal/readings"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

var update = flag.Bool("update", false, "write the golden files anew")

// bundle is a server over a database of its own.
type bundle struct {
	t         *testing.T
	db        *pg.DB
	data      *store.Database
	server    *Server
	web       *httptest.Server
	published chan int64 // numbers that are said to be published
	readings  *readings.Store
	logs      func(ctx context.Context, subject string, v any, each func([]byte) error) error
	asked     func(subject string, v, reply any) error
}

func (b *bundle) Request(_ context.Context, subject string, v, reply any) error {
	return b.asked(subject, v, reply)
}

func (b *bundle) RequestStream(ctx context.Context, subject string, v any, each func([]byte) error) error {
	return b.logs(ctx, subject, v, each)
}

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{t: t, published: make(chan int64), readings: readings.New(readings.Usual, func() time.Time { return now })}
	b.open()
	b.serve(b.publish)
	return b
}

func (b *bundle) open() {
	b.t.Helper()
	b.db = pgtest.Open(b.t, "api", pg.Schema{Name: "api", Migrations: store.Migrations()})
	b.data = store.New(b.db)
}

// beside is another process on the same database, with a token file of its own.
func (b *bundle) beside(t *testing.T) *bundle {
	t.Helper()
	other := &bundle{t: t, db: b.db, data: b.data, published: make(chan int64)}
	other.serve(other.publish)
	return other
}

// serve makes the server; published tells it of events.
func (b *bundle) serve(published func(context.Context, func(int64)) error) {
	t := b.t
	t.Helper()
	registry := prometheus.NewRegistry()
	server, err := New(Config{
		Listen: "127.0.0.1:0", TokenFile: filepath.Join(t.TempDir(), "token"), Installation: "test", Store: b.data, Logs: b, Services: b, Readings: b.readings,
		Published: published, Checks: []run.Check{{Name: "database", Ready: b.db.Ready}},
		Metrics: registry, Gatherer: registry, Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Prepare(); err != nil {
		t.Fatal(err)
	}
	handler := server.Handler().(*echo.Echo)
	handler.Pre(watching().watch(t))
	b.server, b.web = server, httptest.NewServer(handler)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Wake(ctx) }()
	t.Cleanup(func() { server.end(); b.web.Close(); cancel(); <-ended })
}

// token is the text in the token file.
func (b *bundle) token() string { return b.server.bootstrap.Get() }

func (b *bundle) publish(ctx context.Context, fn func(int64)) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case n := <-b.published:
			fn(n)
		}
	}
}

// reply is an answer that was read to its end.
type reply struct {
	Status int
	Header http.Header
	Body   []byte
}

func (r reply) problem(t *testing.T) (p view.Problem) {
	t.Helper()
	if got := r.Header.Get("Content-Type"); got != problemType {
		t.Fatalf("status %d, content type %q, body %s", r.Status, got, r.Body)
	}
	r.into(t, &p)
	if !slices.Contains(clocker.Codes(), clocker.Code(p.Code)) || p.Type != clocker.Code(p.Code).Page() {
		t.Errorf("the problem %q has the type %q; its code belongs into clocker.Codes", p.Code, p.Type)
	}
	return p
}

func (r reply) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(r.Body, v); err != nil {
		t.Fatalf("%s: %v", r.Body, err)
	}
}

func (b *bundle) request(method, path, body string, headers ...string) *http.Request {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.web.URL+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.token())
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	return r
}

func (b *bundle) send(r *http.Request) reply {
	b.t.Helper()
	res, err := b.web.Client().Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{Status: res.StatusCode, Header: res.Header, Body: body}
}

func (b *bundle) do(method, path, body string, headers ...string) reply {
	b.t.Helper()
	return b.send(b.request(method, path, body, headers...))
}

// ok sends a request that must be answered with a status, and decodes the answer.
func ok[T any](b *bundle, status int, method, path, body string, headers ...string) (v T) {
	b.t.Helper()
	r := b.do(method, path, body, headers...)
	if r.Status != status {
		b.t.Fatalf("%s %s: status %d, want %d: %s", method, path, r.Status, status, r.Body)
	}
	r.into(b.t, &v)
	return v
}

const shop = `
id: shop
name: The Shop
services:
- {id: store, type: docker:redis, volumes: ["data:/data"]}
- id: web
  type: docker:example/web
  initialSize: 2
  openPorts: 8080
  env: {PASSWORD: s3cret, STORE: '$brooklyn:component("store").attributeWhenReady("host.subnet.address")'}
  launch.latch: $brooklyn:component("store").attributeWhenReady("service.isUp")
`

func (b *bundle) deploy(text string) view.Accepted {
	b.t.Helper()
	return ok[view.Accepted](b, http.StatusAccepted, "POST", "/v1/applications", text)
}

func (b *bundle) facts() []events.Event {
	b.t.Helper()
	return pgtest.Outbox(b.t, b.db)
}

func (b *bundle) exec(sql string, args ...any) {
	b.t.Helper()
	pgtest.Exec(b.t, b.db, sql, args...)
}

// number writes facts into the log, as the sequencer does.
func (b *bundle) number(facts ...events.Event) {
	b.t.Helper()
	row := pgtest.Query(b.t, b.db, `select number, hash from events.head`)[0]
	n, hash := row["number"].(int64), row["hash"].([]byte)
	for _, f := range facts {
		n++
		data, err := json.Marshal(f)
		if err != nil {
			b.t.Fatal(err)
		}
		r := events.Record{Number: n, ID: "00000000-0000-4000-8000-" + pad(n), Topic: f.Topic(), Source: "policy",
			Subject: events.Subject(f), Application: f.Scope().Application, Host: f.Scope().Host, Time: now, Cause: n - 1, Data: data}
		r.Hash = events.Link(hash, r)
		hash = r.Hash
		b.exec(`insert into events.events (number, id, topic, source, subject, application, host, time, cause, trace, data, hash)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, r.Number, r.ID, r.Topic, r.Source, r.Subject,
			r.Application, r.Host, r.Time, r.Cause, r.Trace, r.Data, r.Hash)
	}
	b.exec(`update events.head set number = $1, hash = $2`, n, hash)
}

// prune lets the beginning of the log go, as its owner may.
func (b *bundle) prune(through int64) {
	b.t.Helper()
	b.exec(`insert into api.floors values ('api', $1) on conflict (consumer) do update set floor = excluded.floor`, through)
	b.exec(`update events.head set published = number`)
	b.exec(`select events.prune($1)`, through)
}

func pad(n int64) string {
	s := "000000000000"
	for i := len(s) - 1; n > 0; i-- {
		s = s[:i] + string(rune('0'+n%10)) + s[i+1:]
		n /= 10
	}
	return s
}

var changing = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`"trace_id":"[0-9a-f]{32}"`), `"trace_id":"<trace>"`},
	{regexp.MustCompile(`op-[a-z2-7]{14}`), `<operation>`},
	{regexp.MustCompile(`"uid":"[a-z2-7]{10}"`), `"uid":"<uid>"`},
	{regexp.MustCompile(`"(submittedAt|requestedAt|finishedAt)":"[^"]+"`), `"$1":"<time>"`},
}

// golden compares an answer with testdata, ids and times replaced.
func golden(t *testing.T, name string, r reply) {
	t.Helper()
	text := r.Body
	for _, c := range changing {
		text = c.what.ReplaceAll(text, []byte(c.with))
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, text, "", "  "); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	got := append([]byte(http.StatusText(r.Status)+"\n"), append(bytes.TrimSpace(pretty.Bytes()), '\n')...)
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update writes it):\n%s", file, got)
	}
}
