package events_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
)

var records = rapid.Custom(func(t *rapid.T) events.Record {
	text := rapid.StringN(0, 8, -1)
	return events.Record{
		Number: rapid.Int64Range(1, 1e12).Draw(t, "number"), ID: text.Draw(t, "id"), Topic: text.Draw(t, "topic"),
		Source: text.Draw(t, "source"), Subject: text.Draw(t, "subject"), Application: text.Draw(t, "application"),
		Host: text.Draw(t, "host"), Time: time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "time")),
		Cause: rapid.Int64Range(0, 1e12).Draw(t, "cause"), Trace: text.Draw(t, "trace"),
		Data: rapid.SliceOfN(rapid.Byte(), 0, 16).Draw(t, "data"),
	}
})

// edits change one field each.
var edits = map[string]func(*events.Record){
	"number":      func(r *events.Record) { r.Number++ },
	"id":          func(r *events.Record) { r.ID += "x" },
	"topic":       func(r *events.Record) { r.Topic += "x" },
	"source":      func(r *events.Record) { r.Source += "x" },
	"subject":     func(r *events.Record) { r.Subject += "x" },
	"application": func(r *events.Record) { r.Application += "x" },
	"host":        func(r *events.Record) { r.Host += "x" },
	"time":        func(r *events.Record) { r.Time = r.Time.Add(time.Microsecond) },
	"cause":       func(r *events.Record) { r.Cause++ },
	"trace":       func(r *events.Record) { r.Trace += "x" },
	"data":        func(r *events.Record) { r.Data = append(bytes.Clone(r.Data), ' ') },
}

func TestLinkFollowsEveryField(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := records.Draw(t, "record")
		link := events.Link(events.Genesis(), r)
		for field, edit := range edits {
			changed := r
			edit(&changed)
			if bytes.Equal(link, events.Link(events.Genesis(), changed)) {
				t.Errorf("an edited %s goes unseen", field)
			}
		}
		if bytes.Equal(link, events.Link(link, r)) {
			t.Error("another record before goes unseen")
		}
	})
}

// The same characters in other fields are another record.
func TestLinkKeepsFieldsApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(1, 8, -1).Draw(t, "text")
		cut := rapid.IntRange(0, len(text)-1).Draw(t, "cut")
		one := events.Record{Number: 1, Application: text, Host: ""}
		two := events.Record{Number: 1, Application: text[:cut], Host: text[cut:]}
		if bytes.Equal(events.Link(events.Genesis(), one), events.Link(events.Genesis(), two)) {
			t.Errorf("%q moved from one field to the next at %d goes unseen", text, cut)
		}
	})
}

// Time zones and the hash itself are no part of a record.
func TestLinkIsStable(t *testing.T) {
	t.Parallel()
	r := events.Record{Number: 1, Topic: "host.ready", Time: time.Date(2024, 2, 3, 4, 5, 6, 7000, time.UTC)}
	moved := r
	moved.Time, moved.Hash = r.Time.In(time.FixedZone("east", 3600)), []byte("x")
	if !bytes.Equal(events.Link(events.Genesis(), r), events.Link(events.Genesis(), moved)) {
		t.Error("the same record has two links")
	}
}

func TestCloudEvent(t *testing.T) {
	t.Parallel()
	e := events.ContainerPlaced{Container: clocker.Container{Application: "shop", UID: "k3x9", Entity: "web", Ordinal: 1}, Host: "h"}
	r := events.Record{
		Number: 12, ID: "id", Topic: e.Topic(), Source: "scheduler", Subject: events.Subject(e), Cause: 11, Trace: "00-1-2-01",
		Time: time.Date(2024, 2, 3, 4, 5, 6, 7000, time.UTC), Data: []byte(`{"host":"h"}`),
	}
	got, err := json.Marshal(r.CloudEvent())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"specversion":"1.0","id":"id","source":"clocker/scheduler","type":"io.clocker.container.placed.v1",` +
		`"subject":"shop.web.1","time":"2024-02-03T04:05:06.000007Z","datacontenttype":"application/json",` +
		`"sequence":12,"cause":11,"traceparent":"00-1-2-01","data":{"host":"h"}}`
	if string(got) != want {
		t.Errorf("CloudEvent is\n%s, want\n%s", got, want)
	}
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	for _, e := range events.All() {
		e := sample(e)
		subject, filter := events.Subject(e), events.SubjectsOf(e.Topic())
		if !strings.HasPrefix(subject, strings.TrimSuffix(filter, ">")) {
			t.Errorf("%s is not taken by its filter %s", subject, filter)
		}
		// A sample's texts are valid ids, so a token that is not comes from the event itself.
		for _, token := range e.Scope().Tokens {
			if !clocker.ValidID(token) {
				t.Errorf("%s ends in %q, which is no token", subject, token)
			}
		}
		if len(e.Scope().Tokens) == 0 {
			t.Errorf("%s says nothing of what it is about", subject)
		}
	}
	started := events.ContainerStarted{Container: clocker.Container{Application: "shop", UID: "k3x9", Entity: "web", Ordinal: 1}, Host: "h"}
	if got := events.Subject(started); got != "clocker.evt.container.started.shop.web.1" {
		t.Errorf("subject = %s", got)
	}
	if s := started.Scope(); s.Application != "shop" || s.Host != "h" {
		t.Errorf("scope = %+v", s)
	}
}

func TestDataThatIsNoJSONIsShownAsItIs(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(events.Record{Topic: "container.placed", Data: []byte(`{"ordinal":`)}.CloudEvent())
	if err != nil || !strings.Contains(string(text), `"data_base64":"eyJvcmRpbmFsIjo="`) || strings.Contains(string(text), `"data":`) {
		t.Errorf("%s, %v", text, err)
	}
}
