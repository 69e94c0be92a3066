package up

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"clocker.io/pkg/events"
	"clocker.io/pkg/pg/pgtest"
)

// breakPlacing has scheduler fail on every try to place one container, as a defect that one container brings out would;
// mendPlacing ends that.
func (s *simulated) breakPlacing(entity string, ordinal int) {
	s.t.Helper()
	pgtest.Exec(s.t, s.db, fmt.Sprintf(`
		create function scheduler.broken() returns trigger language plpgsql as $$
		begin raise exception 'cannot place it: a defect'; end $$;
		create trigger broken before insert on scheduler.reservations for each row
		  when (new.entity = '%s' and new.ordinal = %d) execute function scheduler.broken()`, entity, ordinal))
}

func (s *simulated) mendPlacing() {
	s.t.Helper()
	pgtest.Exec(s.t, s.db, `drop trigger broken on scheduler.reservations`)
	pgtest.Exec(s.t, s.db, `drop function scheduler.broken()`)
}

// warm has a host made ready, so that what is requested after that is placed by itself.
func (s *simulated) warm() {
	s.t.Helper()
	s.deploy("first", 1)
	s.healthy("first", 1)
}

// letter is a dead letter as the API shows it.
type letter struct {
	Consumer, Topic, About, Reason, Stack string
	Number                                int64
	Attempts                              int
	Event                                 *events.CloudEvent
}

func (s *simulated) letters() []letter {
	s.t.Helper()
	var page struct{ Items []letter }
	if status := s.call(http.MethodGet, "/v1/dead-letters", "", &page); status != http.StatusOK {
		s.t.Fatalf("list dead letters: %d", status)
	}
	return page.Items
}

// log reads the log of events through the API, to its end.
func (s *simulated) log() []events.CloudEvent {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.base+"/v1/events?follow=false&after=0", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Accept", "application/x-ndjson")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var out []events.CloudEvent
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 2<<20)
	for lines.Scan() {
		var e events.CloudEvent
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			s.t.Fatalf("%s: %v", lines.Bytes(), err)
		}
		if e.Sequence != int64(len(out)+1) {
			s.t.Fatalf("event %d comes after %d", e.Sequence, len(out))
		}
		out = append(out, e)
	}
	if err := lines.Err(); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// count counts the events of a topic about something.
func count(log []events.CloudEvent, topic, about string) int {
	n := 0
	for _, e := range log {
		if e.Type == events.Type(topic) && e.Subject == about {
			n++
		}
	}
	return n
}

func TestAHandlerThatFailsForOneContainerEndsInDeadLettersOthersFlowAndARetryAfterTheMendStartsIt(t *testing.T) {
	t.Parallel()
	s := simulate(t, nil)
	s.warm()
	s.breakPlacing("web", 3)
	s.deploy("shop", 20)
	s.eventually("the others to be up and the poisoned one to be a dead letter", func() error {
		var a struct{ Up int }
		s.call(http.MethodGet, "/v1/applications/shop", "", &a)
		if list := s.letters(); a.Up != 19 || len(list) != 1 {
			return fmt.Errorf("%d are up, dead letters: %+v", a.Up, list)
		}
		return nil
	})
	l := s.letters()[0]
	if l.Consumer != "scheduler" || l.Topic != "container.requested" || l.About != "shop.web.3" || l.Attempts < 8 ||
		!strings.Contains(l.Reason, "cannot place it: a defect") {
		t.Errorf("the dead letter is %+v", l)
	}
	path := fmt.Sprintf("/v1/dead-letters/%s/%d", l.Consumer, l.Number)
	var shown letter
	if status := s.call(http.MethodGet, path, "", &shown); status != http.StatusOK || shown.Event == nil || shown.Event.Subject != "shop.web.3" {
		t.Errorf("shown as %d %+v", status, shown)
	}
	var explained struct{ DeadLetters []letter }
	if s.call(http.MethodGet, "/v1/containers/shop/web/3/explain", "", &explained); len(explained.DeadLetters) != 1 || explained.DeadLetters[0].Number != l.Number {
		t.Errorf("explained by %+v", explained)
	}
	var other struct{ DeadLetters []letter }
	if s.call(http.MethodGet, "/v1/containers/shop/web/4/explain", "", &other); len(other.DeadLetters) != 0 {
		t.Errorf("another container is explained by %+v", other)
	}
	var refused struct{ Detail string }
	if status := s.call(http.MethodPost, path+"/retry", "", &refused); status != http.StatusConflict || !strings.Contains(refused.Detail, "cannot place it: a defect") {
		t.Errorf("a retry before the mend: %d %s", status, refused.Detail)
	}
	s.mendPlacing()
	// The watchdog may come first: then the letter is gone.
	if status := s.call(http.MethodPost, path+"/retry", "", nil); status != http.StatusOK && status != http.StatusNotFound {
		t.Errorf("a retry after the mend: %d", status)
	}
	s.healthy("shop", 20)
	if list := s.letters(); len(list) != 0 {
		t.Errorf("left: %+v", list)
	}
	log := s.log()
	for topic, n := range map[string]int{"container.requested": 1, "container.placed": 1, "container.addressed": 1, "container.cleared": 1,
		"container.started": 1, "container.healthy": 1} {
		if got := count(log, topic, "shop.web.3"); got != n {
			t.Errorf("%d events %s of the poisoned container, want %d", got, topic, n)
		}
	}
	about := fmt.Sprintf("scheduler.%d", l.Number)
	if count(log, "deadletter.added", about) != 1 || count(log, "deadletter.settled", about) != 1 {
		t.Errorf("the log does not say once that the letter came and went")
	}
}

func TestTheWatchdogHasADeadLetterHandledOnceItsCauseIsGone(t *testing.T) {
	t.Parallel()
	s := simulate(t, nil)
	s.warm()
	s.breakPlacing("web", 1)
	s.deploy("shop", 3)
	s.eventually("a dead letter", func() error {
		if list := s.letters(); len(list) != 1 {
			return fmt.Errorf("dead letters: %+v", list)
		}
		return nil
	})
	s.mendPlacing() // and nobody presses anything
	s.healthy("shop", 3)
	if list := s.letters(); len(list) != 0 {
		t.Errorf("left: %+v", list)
	}
	for _, e := range s.log() {
		if e.Type == events.Type("deadletter.settled") && !strings.Contains(string(e.Data), `"by":"watchdog"`) {
			t.Errorf("settled by somebody else: %s", e.Data)
		}
	}
}

func TestEventsThatNoServiceCanReadHoldUpNobody(t *testing.T) {
	t.Parallel()
	s := simulate(t, nil)
	for _, bad := range []struct{ topic, subject, data string }{
		{"container.requested", "container.requested.shop.web.0", `{"ordinal":`},           // cut off
		{"container.lost", "container.placed.shop.web.0", `{}`},                            // a type that is to come
		{"application.submitted", "application.submitted.shop", `{"application":{"a":1}}`}, // another shape
		{"operation.finished", "operation.finished.shop.op", `[]`},                         // heard by api
	} {
		pgtest.Exec(t, s.db, `
			insert into events.outbox (topic, source, subject, application, host, cause, trace, data)
			values ($1, 'policy', $2, 'shop', '', 0, '', $3)`, bad.topic, events.SubjectRoot+bad.subject, []byte(bad.data))
	}
	s.deploy("shop", 3)
	s.healthy("shop", 3)
	want := map[string]string{"scheduler": "container.requested", "ipam": "container.lost", "imagebuilder": "application.submitted",
		"policy": "application.submitted", "api": "operation.finished"}
	s.eventually("the dead letters", func() error {
		if list := s.letters(); len(list) != len(want) {
			return fmt.Errorf("%+v", list)
		}
		return nil
	})
	for _, l := range s.letters() {
		if want[l.Consumer] != l.Topic {
			t.Errorf("%s has a dead letter of %s, want one of %q", l.Consumer, l.Topic, want[l.Consumer])
		}
		path := fmt.Sprintf("/v1/dead-letters/%s/%d", l.Consumer, l.Number)
		var p struct{ Detail string }
		if status := s.call(http.MethodPost, path+"/retry", "", &p); status != http.StatusConflict {
			t.Errorf("%s: retry: %d %s", path, status, p.Detail)
		}
		if status := s.call(http.MethodDelete, path, "", nil); status != http.StatusOK {
			t.Errorf("%s: drop: %d", path, status)
		}
	}
	if list := s.letters(); len(list) != 0 {
		t.Errorf("left: %+v", list)
	}
	s.log() // the stream of events goes past them
	var audit struct{ OK bool }
	if s.call(http.MethodGet, "/v1/audit/verify", "", &audit); !audit.OK {
		t.Error("the log does not verify")
	}
}
