package http

import (
	"net/http"
	"strings"
	"testing"

	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/view"
)

func (b *bundle) operation(id string) view.Operation {
	b.t.Helper()
	return ok[view.Operation](b, 200, "GET", "/v1/operations/"+id, "")
}

func TestACancelIsAskedOfTheOwnerAndOnlyOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.deploy(shop)
	b.facts()
	path := "/v1/operations/" + app.Operation + "/cancel"
	first := ok[view.Accepted](b, 202, "POST", path, "")
	again := ok[view.Accepted](b, 202, "POST", path, "")
	facts := b.facts()
	if len(facts) != 1 || first != again {
		t.Fatalf("%+v, then %+v: %+v", first, again, facts)
	}
	want := events.OperationRequested{Operation: first.Operation, Kind: "cancel", Application: "shop", UID: app.UID, Target: app.Operation, By: "bootstrap"}
	if e := facts[0].(events.OperationRequested); e.Operation != want.Operation || e.Kind != want.Kind || e.UID != want.UID ||
		e.Target != want.Target || e.By != want.By || len(e.Params) > 0 {
		t.Errorf("%+v, want %+v", e, want)
	}
	if a := ok[view.Application](b, 200, "GET", "/v1/applications/shop", ""); a.State != "submitted" {
		t.Errorf("before its owner has decided: %+v", a)
	}
	b.handle(t, events.OperationFinished{Operation: app.Operation, Kind: "deploy", UID: app.UID, Outcome: events.OutcomeCancelled, Reason: "cancelled"})
	if o := b.operation(app.Operation); o.State != "cancelled" || o.Reason != "cancelled" {
		t.Errorf("%+v", o)
	}
	// It is on its way out: no more orders, and a delete is the same thing.
	if p := b.do("POST", "/v1/applications/shop/restart", "").problem(t); p.Status != http.StatusConflict {
		t.Errorf("%+v", p)
	}
	if d := ok[view.Accepted](b, 202, "DELETE", "/v1/applications/shop", ""); d.Operation != first.Operation {
		t.Errorf("%+v, want %s", d, first.Operation)
	}
	b.handle(t, events.ApplicationGone{Application: "shop", UID: app.UID})
	if o := b.operation(first.Operation); o.State != "done" {
		t.Errorf("%+v", o)
	}
}

func TestWhatCannotBeCancelledIsRefusedInWords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.deploy(shop)
	restart := ok[view.Accepted](b, 202, "POST", "/v1/applications/shop/restart", "")
	resize := ok[view.Accepted](b, 202, "POST", "/v1/applications/shop/entities/web/resize", `{"size":3}`)
	cancel := ok[view.Accepted](b, 202, "POST", "/v1/operations/"+resize.Operation+"/cancel", "")
	b.handle(t, events.OperationFinished{Operation: cancel.Operation, Kind: "cancel", UID: app.UID, Outcome: events.OutcomeFailed, Reason: "too late"},
		events.OperationFinished{Operation: resize.Operation, Kind: "resize", UID: app.UID, Outcome: events.OutcomeDone})
	remove := ok[view.Accepted](b, 202, "DELETE", "/v1/applications/shop", "")
	b.facts()
	for id, want := range map[string]string{
		restart.Operation: "the restart of shop cannot be cancelled: all of its containers",
		remove.Operation:  "the delete of shop cannot be cancelled: containers and volumes are being removed",
		resize.Operation:  "the resize of shop/web has ended already: it is done",
		"none":            `there is no operation "none"`,
	} {
		if p := b.do("POST", "/v1/operations/"+id+"/cancel", "").problem(t); !strings.HasPrefix(p.Detail, want) ||
			p.Status != http.StatusConflict && id != "none" {
			t.Errorf("%+v, want %s", p, want)
		}
	}
	if facts := b.facts(); len(facts) != 0 {
		t.Errorf("%+v", facts)
	}
	b.handle(t, events.ApplicationGone{Application: "shop", UID: app.UID})
	if o := b.operation(cancel.Operation); o.State != "failed" {
		t.Errorf("%+v", o)
	}
}

func TestACancelOfAResizeFailsWhenItsApplicationGoesFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.deploy(shop)
	resize := ok[view.Accepted](b, 202, "POST", "/v1/applications/shop/entities/web/resize", `{"size":3}`)
	cancel := ok[view.Accepted](b, 202, "POST", "/v1/operations/"+resize.Operation+"/cancel", "")
	b.handle(t, events.ApplicationGone{Application: "shop", UID: app.UID})
	for _, id := range []string{app.Operation, resize.Operation, cancel.Operation} {
		if o := b.operation(id); o.State != "failed" || o.Reason != "the application is gone" {
			t.Errorf("%+v", o)
		}
	}
}

func TestOperationsAreFilteredByKindAndState(t *testing.T) {
	t.Parallel()
	b := setup(t)
	app := b.deploy(shop)
	b.deploy(strings.Replace(shop, "id: shop", "id: shed", 1))
	ok[view.Accepted](b, 202, "POST", "/v1/applications/shop/restart", "")
	b.handle(t, events.OperationFinished{Operation: app.Operation, Kind: "deploy", UID: app.UID, Outcome: events.OutcomeDone})
	for query, want := range map[string]int{"": 3, "?kind=deploy": 2, "?state=running": 2, "?kind=deploy&state=done": 1,
		"?application=shop&state=running": 1, "?state=cancelled": 0} {
		if list := ok[view.Page[view.Operation]](b, 200, "GET", "/v1/operations"+query, ""); len(list.Items) != want {
			t.Errorf("%s: %d, want %d", query, len(list.Items), want)
		}
	}
	for _, query := range []string{"?kind=dance", "?state=lost"} {
		if p := b.do("GET", "/v1/operations"+query, "").problem(t); p.Status != http.StatusBadRequest || !strings.Contains(p.Detail, "must be one of") {
			t.Errorf("%s: %+v", query, p)
		}
	}
}
