package http

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/view"
)

func placed(app string, ordinal int) events.ContainerPlaced {
	return events.ContainerPlaced{Host: "localhost", Cloud: "my-docker-cloud",
		Container: clocker.Container{Application: app, UID: "u", Entity: "web", Ordinal: ordinal, Generation: 1}}
}

// numbers reads the sequence of each line of an NDJSON answer.
func numbers(t *testing.T, r reply) (list []int64) {
	t.Helper()
	for line := range strings.Lines(string(r.Body)) {
		var e events.CloudEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		list = append(list, e.Sequence)
	}
	return list
}

func TestEventsAreFilteredAndResumed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.number(placed("shop", 0), placed("other", 0), events.ApplicationGone{Application: "shop", UID: "u"},
		events.HostSuspected{Cloud: "my-docker-cloud", Host: "h2"}, placed("shop", 1))
	tests := []struct {
		query string
		want  string
	}{
		{"", "[1 2 3 4 5]"},
		{"&after=3", "[4 5]"},
		{"&after=5", "[]"},
		{"&after=now", "[]"},
		{"&after=0", "[1 2 3 4 5]"},
		{"&type=container.placed", "[1 2 5]"},
		{"&type=io.clocker.application.gone.v1,host.suspected", "[3 4]"},
		{"&type=application.gone&type=host.suspected", "[3 4]"},
		{"&application=shop", "[1 3 5]"},
		{"&host=h2", "[4]"},
		{"&application=shop&type=container.placed&after=1", "[5]"},
		{"&type=nothing.known", "[]"},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			r := b.do("GET", "/v1/events?follow=false"+tt.query, "", "Accept", ndjson)
			if got := fmt.Sprint(numbers(t, r)); r.Status != 200 || got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
	for _, bad := range []string{"after=6", "after=-1", "after=x", "follow=perhaps"} {
		if r := b.do("GET", "/v1/events?"+bad, ""); r.Status != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, r.Status)
		}
	}
}

func TestServerSentEventsCarryNumberTypeAndEvent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.number(placed("shop", 0), placed("shop", 1))
	r := b.do("GET", "/v1/events?follow=false&after=0", "", "Last-Event-ID", "1")
	want := "retry: 1000\n\nid: 2\nevent: io.clocker.container.placed.v1\ndata: {\"specversion\":\"1.0\","
	if r.Header.Get("Content-Type") != "text/event-stream" || !strings.HasPrefix(string(r.Body), want) ||
		!strings.HasSuffix(string(r.Body), "}\n\n") || strings.Count(string(r.Body), "id: ") != 1 {
		t.Errorf("%s", r.Body)
	}
}

// lines gives the lines of an answer as they come.
func (b *bundle) lines(r *http.Request) <-chan string {
	b.t.Helper()
	res, err := b.web.Client().Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	out := make(chan string)
	go func() {
		defer close(out)
		defer func() { _ = res.Body.Close() }()
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			out <- s.Text()
		}
	}()
	return out
}

func TestAFollowerIsWokenByWhatIsPublished(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.number(placed("shop", 0))
	ctx, leave := context.WithCancel(t.Context())
	lines := b.lines(b.request("GET", "/v1/events", "", "Accept", ndjson).WithContext(ctx))
	if first := <-lines; !strings.Contains(first, `"sequence":1`) {
		t.Fatal(first)
	}
	b.number(placed("shop", 1))
	b.published <- 2
	if second := <-lines; !strings.Contains(second, `"sequence":2`) {
		t.Fatal(second)
	}
	b.number(placed("shop", 2)) // its poke is lost
	if third := <-lines; !strings.Contains(third, `"sequence":3`) {
		t.Fatal(third)
	}
	leave()
	for range lines {
	}
}

func TestFollowersEndWhenTheProcessDoes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.number(placed("shop", 0))
	lines := b.lines(b.request("GET", "/v1/events", "", "Accept", ndjson))
	<-lines
	b.server.end()
	for range lines {
	}
}

func TestALongLogComesWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var facts []events.Event
	for i := range 5 {
		facts = append(facts, placed("shop", i))
	}
	b.number(facts...)
	// The rest by one statement: their hashes do not matter here.
	b.exec(`insert into events.events select n, gen_random_uuid(), 'container.placed', 'policy', 's', 'shop', '', 0, '', now(), '{}', ''
		from generate_series(6, 1300) n`)
	b.exec(`update events.head set number = 1300`)
	got := numbers(t, b.do("GET", "/v1/events?follow=false&application=shop", "", "Accept", ndjson))
	if len(got) != 1300 || got[1299] != 1300 {
		t.Errorf("%d events", len(got))
	}
}

func TestTheAuditNamesTheFirstBadEvent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, sql string
		bad       int64
	}{
		{"whole", ``, 0},
		{"edited", `update events.events set data = '{"host":"elsewhere"}' where number = 3`, 3},
		{"removed", `delete from events.events where number = 3`, 3},
		{"swapped", `update events.events e set (id, data, hash) = (select id, data, hash from events.events o where o.number = 6 - e.number)
			where number in (2, 4)`, 2},
		{"tail cut", `delete from events.events where number > 3`, 4},
		{"head edited", `update events.head set hash = decode(repeat('11', 32), 'hex')`, 5},
		{"all removed", `delete from events.events`, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for i := range 5 {
				b.number(placed("shop", i))
			}
			if tt.sql != "" {
				b.exec(`alter table events.events drop constraint events_id_key`)
				b.exec(tt.sql)
			}
			got := ok[view.Audit](b, 200, "GET", "/v1/audit/verify", "")
			if got.OK != (tt.bad == 0) || (got.FirstBad != nil) != (tt.bad != 0) || got.FirstBad != nil && *got.FirstBad != tt.bad {
				t.Errorf("%+v", got)
			}
			if got.OK && got.Count != 5 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestTheAuditOfAPrunedLogStartsWhereItBegins(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 5 {
		b.number(placed("shop", i))
	}
	b.prune(2)
	if got := ok[view.Audit](b, 200, "GET", "/v1/audit/verify", ""); !got.OK || got.Count != 3 || got.Pruned != 2 {
		t.Errorf("%+v", got)
	}
	b.exec(`delete from events.events where number = 3`)
	if got := ok[view.Audit](b, 200, "GET", "/v1/audit/verify", ""); got.OK || got.FirstBad == nil || *got.FirstBad != 3 {
		t.Errorf("more was removed than is said: %+v", got)
	}
}

func TestLogsAreStreamedFromTheHost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	uid := b.deploy(shop).UID
	b.furnish(uid)
	var subject string
	var asked clocker.LogsRequest
	b.logs = func(_ context.Context, s string, v any, each func([]byte) error) error {
		subject, asked = s, v.(clocker.LogsRequest)
		for _, c := range []clocker.LogsChunk{{Stream: "stdout", Data: []byte("one\n")}, {Stream: "stderr", Data: []byte("two\n")}} {
			data, err := json.Marshal(c)
			if err != nil {
				return err
			}
			if err := each(data); err != nil {
				return err
			}
		}
		return nil
	}
	r := b.do("GET", "/v1/containers/shop/web/1/logs?follow=true&tail=10&since=1m", "")
	if r.Status != 200 || string(r.Body) != "one\ntwo\n" || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	want := clocker.LogsRequest{Follow: true, Tail: 10, Since: now.Unix() - 60, Many: true,
		Container: clocker.Container{Application: "shop", UID: uid, Entity: "web", Ordinal: 1, Generation: 2}}
	if subject != "clocker.do.localhost.logs" || asked != want {
		t.Errorf("%s %+v", subject, asked)
	}
	r = b.do("GET", "/v1/containers/shop/web/1/logs", "", "Accept", ndjson)
	if string(r.Body) != `{"stream":"stdout","data":"one\n"}`+"\n"+`{"stream":"stderr","data":"two\n"}`+"\n" {
		t.Errorf("%s", r.Body)
	}
	for _, bad := range []string{"tail=-1", "tail=x", "since=yesterday", "follow=x"} {
		if r := b.do("GET", "/v1/containers/shop/web/1/logs?"+bad, ""); r.Status != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, r.Status)
		}
	}
}

func TestLogsThatBreakOffAreNotTakenForWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.furnish(b.deploy(shop).UID)
	chunks := 0
	b.logs = func(_ context.Context, _ string, _ any, each func([]byte) error) error {
		for range chunks {
			if err := each([]byte(`{"stream":"stdout","data":"b25lCg=="}`)); err != nil {
				return err
			}
		}
		return &clocker.Error{Code: clocker.Unavailable, Message: "the stream broke off"}
	}
	path := "/v1/containers/shop/store/0/logs"
	if p := b.do("GET", path, "").problem(t); p.Status != 503 || p.Detail != "the agent of host localhost does not answer" {
		t.Errorf("%+v", p)
	}
	chunks = 1
	res, err := b.web.Client().Do(b.request("GET", path, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if text, err := io.ReadAll(res.Body); !errors.Is(err, io.ErrUnexpectedEOF) || string(text) != "one\n" {
		t.Errorf("%q %v", text, err)
	}
	if r := b.do("GET", path, "", "Accept", ndjson); !strings.HasSuffix(string(r.Body), `{"error":"the stream broke off"}`+"\n") {
		t.Errorf("%s", r.Body)
	}
}
