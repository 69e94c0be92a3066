package http

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/view"
)

// story numbers events with given causes: an earlier application of the same name, then two containers.
func (b *bundle) story() {
	b.t.Helper()
	web := func(ordinal int) clocker.Container {
		return clocker.Container{Application: "shop", UID: "u", Entity: "web", Ordinal: ordinal, Generation: 1}
	}
	b.number(
		events.HostReady{Cloud: "c", Host: "h1"},                                      // 1
		events.ApplicationSubmitted{Application: "shop", UID: "old"},                  // 2
		events.ContainerRequested{Container: web(0)},                                  // 3 from 2
		events.ApplicationSubmitted{Application: "shop", UID: "u"},                    // 4
		events.ContainerRequested{Container: web(0)},                                  // 5 from 4
		events.ContainerRequested{Container: web(1)},                                  // 6 from 4
		events.ContainerPlaced{Container: web(0), Host: "h1"},                         // 7 from 5
		events.ContainerPlaced{Container: web(1), Host: "h1"},                         // 8 from 1
		events.EntityResized{Application: "shop", UID: "u", Entity: "web"},            // 9
		events.ContainerRequested{Container: clocker.Container{Application: "other"}}, // 10 from 8
	)
	for number, cause := range []int64{1: 0, 2: 0, 3: 2, 4: 0, 5: 4, 6: 4, 7: 5, 8: 1, 9: 0, 10: 8} {
		b.exec(`update events.events set cause = $2 where number = $1`, number, cause)
	}
}

func TestATraceHasTheEventsAndWhatLedToThem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.story()
	tests := []struct{ query, want string }{
		{"application=shop", "[1 4 5 6 7 8 9]"},
		{"application=shop&entity=web", "[1 4 5 6 7 8 9]"},
		{"application=shop&entity=web&ordinal=0", "[4 5 7]"},
		{"application=shop&entity=web&ordinal=1", "[1 4 6 8]"},
		{"event=1", "[1 8 10]"},
		{"event=5", "[4 5 7]"},
		{"event=10", "[1 8 10]"},
		{"event=9", "[9]"},
	}
	for _, tt := range tests {
		got := ok[view.Trace](b, 200, "GET", "/v1/trace?"+tt.query, "")
		list := []int64{}
		for _, e := range got.Items {
			list = append(list, e.Sequence)
		}
		if fmt.Sprint(list) != tt.want || !got.Whole {
			t.Errorf("%s: %v, want %s", tt.query, list, tt.want)
		}
	}
	for query, want := range map[string]int{
		"": 400, "event=x": 400, "event=0": 400, "event=11": 404, "application=none": 404, "application=shop&entity=we": 404,
		"application=shop&entity=web&ordinal=2": 404, "application=shop&ordinal=1": 400, "application=shop&entity=web&ordinal=x": 400,
	} {
		if p := b.do("GET", "/v1/trace?"+query, "").problem(t); p.Status != want {
			t.Errorf("%s: %d, want %d", query, p.Status, want)
		}
	}
	b.prune(4)
	if p := b.do("GET", "/v1/trace?event=4", "").problem(t); p.Status != http.StatusGone || p.Oldest != 5 {
		t.Errorf("%+v", p)
	}
	if got := ok[view.Trace](b, 200, "GET", "/v1/trace?event=7", ""); len(got.Items) != 2 || got.Pruned != 4 || got.Items[0].Cause != 4 {
		t.Errorf("%+v", got)
	}
}

func TestALongTraceComesAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`insert into events.events select n, gen_random_uuid(), 'container.placed', 'policy', 'clocker.evt.container.placed.shop.web.0', 'shop', '',
		n / 3, '', now(), '{"application":"shop","host":"h1"}', '' from generate_series(1, 12000) n`)
	b.exec(`update events.head set number = 12000`)
	b.exec(`analyze events.events`)
	for query, whole := range map[string]bool{"application=shop": false, "event=1": true, "event=2": true} {
		start := time.Now()
		r := b.do("GET", "/v1/trace?"+query, "")
		took := time.Since(start)
		var got view.Trace
		if err := json.Unmarshal(r.Body, &got); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d events in %v", query, len(got.Items), took)
		if got.Whole != whole || len(got.Items) < 3000 || took > time.Minute { // a third of a second, on a machine with nothing else to do
			t.Errorf("%s: %d events, whole is %v, in %v", query, len(got.Items), got.Whole, took)
		}
	}
}
