package http

import (
	"context"
	"net/http"
	"testing"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/ledger"
	"clocker.io/services/api/internal/store"
	"clocker.io/services/api/internal/view"
)

// handle gives events to the service's handlers.
func (b *bundle) handle(t *testing.T, facts ...events.Event) {
	t.Helper()
	for _, f := range facts {
		err := b.data.Change(t.Context(), "", func(ctx context.Context, s *store.Store) ([]events.Event, error) {
			switch e := f.(type) {
			case events.OperationFinished:
				return ledger.OnOperationFinished(ctx, s, bus.Received[events.OperationFinished]{Event: e, Time: now})
			case events.ApplicationGone:
				return ledger.OnApplicationGone(ctx, s, bus.Received[events.ApplicationGone]{Event: e, Time: now})
			}
			t.Fatalf("no handler for %T", f)
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatIsAskedOfAnApplicationIsStated(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, path, body string
		kind, target, params     string
	}{
		{"resize", "POST", "/v1/applications/shop/entities/web/resize", `{"size":3}`, "resize", "shop/web", `{"size":3}`},
		{"resize by effector", "POST", "/v1/applications/shop/entities/web/effectors/resize", `{"desiredSize":"0"}`, "resize", "shop/web", `{"size":0}`},
		{"restart application", "POST", "/v1/applications/shop/restart", "", "restart", "shop", ""},
		{"restart entity", "POST", "/v1/applications/shop/entities/web/restart", "", "restart", "shop/web", ""},
		{"restart by effector", "POST", "/v1/applications/shop/entities/web/effectors/restart", "", "restart", "shop/web", ""},
		{"restart container", "POST", "/v1/applications/shop/entities/web/restart?ordinal=1", "", "restart", "shop/web/1", ""},
		{"delete", "DELETE", "/v1/applications/shop", "", "delete", "shop", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			app := b.deploy(shop)
			b.facts()
			got := ok[view.Accepted](b, http.StatusAccepted, tt.method, tt.path, tt.body)
			facts := b.facts()
			if len(facts) != 1 {
				t.Fatalf("%+v", facts)
			}
			e := facts[0].(events.OperationRequested)
			if e.Operation != got.Operation || e.UID != app.UID || e.Application != "shop" || e.Kind != tt.kind ||
				e.Target != tt.target || string(e.Params) != tt.params {
				t.Errorf("%+v", e)
			}
			o := ok[view.Operation](b, 200, "GET", "/v1/operations/"+got.Operation, "")
			if o.State != "running" || o.Kind != tt.kind || o.Target != tt.target {
				t.Errorf("%+v", o)
			}
		})
	}
}

func TestAnApplicationThatGoesTakesNoMoreOrders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.deploy(shop)
	first := ok[view.Accepted](b, http.StatusAccepted, "DELETE", "/v1/applications/shop", "")
	b.facts()
	for _, path := range []string{"/entities/web/resize", "/entities/web/restart", "/restart"} {
		if p := b.do("POST", "/v1/applications/shop"+path, `{"size":1}`).problem(t); p.Status != http.StatusConflict {
			t.Errorf("%s: %+v", path, p)
		}
	}
	again := ok[view.Accepted](b, http.StatusAccepted, "DELETE", "/v1/applications/shop", "")
	if again != first {
		t.Errorf("%+v, then %+v", first, again)
	}
	if n := len(b.facts()); n != 0 {
		t.Errorf("%d facts", n)
	}
	if p := b.do("POST", "/v1/applications", shop).problem(t); p.Status != http.StatusConflict || p.Suggestion != "shop-2" {
		t.Errorf("%+v", p)
	}
	if a := ok[view.Application](b, 200, "GET", "/v1/applications/shop", ""); a.State != "stopping" {
		t.Errorf("%+v", a)
	}
	b.handle(t, events.ApplicationGone{Application: "shop", UID: app.UID})
	if r := b.do("GET", "/v1/applications/shop", ""); r.Status != http.StatusNotFound {
		t.Error(r.Status)
	}
	if o := ok[view.Operation](b, 200, "GET", "/v1/operations/"+first.Operation, ""); o.State != "done" {
		t.Errorf("%+v", o)
	}
}

func TestAnOperationIsClosedOnceInAnyOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.deploy(shop)
	finished := events.OperationFinished{Operation: app.Operation, UID: app.UID, Outcome: events.OutcomeFailed, Reason: "the image cannot be pulled"}
	b.handle(t, finished, finished, events.ApplicationGone{UID: app.UID}, events.OperationFinished{Operation: app.Operation,
		Outcome: events.OutcomeDone}, events.ApplicationGone{UID: app.UID})
	o := ok[view.Operation](b, 200, "GET", "/v1/operations/"+app.Operation, "")
	if o.State != "failed" || o.Reason != finished.Reason || !o.FinishedAt.Equal(now) {
		t.Errorf("%+v", o)
	}
}

func TestListsComeInPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	want := []string{"a", "b", "c", "d", "e"}
	for _, id := range want {
		b.deploy("id: " + id + "\nservices: [{type: 'docker:x'}]")
	}
	var got []string
	cursor, pages := "", 0
	for {
		page := ok[view.Page[view.Application]](b, 200, "GET", "/v1/applications?limit=2&cursor="+cursor, "")
		for _, a := range page.Items {
			got = append(got, a.Application)
		}
		pages++
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if len(got) != len(want) || pages != 3 {
		t.Errorf("%v in %d pages", got, pages)
	}
	seen := map[string]bool{}
	for cursor = ""; ; {
		page := ok[view.Page[view.Operation]](b, 200, "GET", "/v1/operations?limit=2&cursor="+cursor, "")
		for _, o := range page.Items {
			seen[o.Operation] = true
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d operations", len(seen))
	}
}
