package http

import (
	"net/http"
	"strings"
	"testing"

	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/view"
)

func TestACordonIsAnOperationOnAHost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.furnish(b.deploy(shop).UID)
	b.facts()
	key := []string{"Idempotency-Key", "k"}
	cordon := ok[view.Accepted](b, 202, "POST", "/v1/hosts/localhost/cordon", "", key...)
	again := ok[view.Accepted](b, 202, "POST", "/v1/hosts/localhost/cordon", "", key...)
	if cordon != again || cordon.Host != "localhost" || cordon.Application != "" {
		t.Errorf("%+v, then %+v", cordon, again)
	}
	facts := b.facts()
	if len(facts) != 1 {
		t.Fatalf("%+v", facts)
	}
	e := facts[0].(events.OperationRequested)
	if e.Kind != "cordon" || e.Target != "localhost" || e.Host != "localhost" || e.Application != "" || e.UID != "" || e.By != "bootstrap" ||
		events.Subject(e) != "clocker.evt.operation.requested.-."+cordon.Operation {
		t.Errorf("%+v on %s", e, events.Subject(e))
	}
	if o := b.operation(cordon.Operation); o.State != "running" || o.Host != "localhost" || o.Target != "localhost" {
		t.Errorf("%+v", o)
	}
	p := b.do("POST", "/v1/operations/"+cordon.Operation+"/cancel", "").problem(t)
	if p.Status != http.StatusConflict || !strings.Contains(p.Detail, "the cordon of localhost cannot be cancelled: it takes no time") {
		t.Errorf("%+v", p)
	}
	b.handle(t, events.OperationFinished{Operation: cordon.Operation, Kind: "cordon", Host: "localhost", Outcome: events.OutcomeDone})
	if o := b.operation(cordon.Operation); o.State != "done" {
		t.Errorf("%+v", o)
	}
	ok[view.Accepted](b, 202, "POST", "/v1/hosts/localhost/uncordon", "")
	if list := ok[view.Page[view.Operation]](b, 200, "GET", "/v1/operations?kind=uncordon", ""); len(list.Items) != 1 {
		t.Errorf("%+v", list)
	}
	if p := b.do("POST", "/v1/hosts/none/cordon", "").problem(t); p.Status != http.StatusNotFound {
		t.Errorf("%+v", p)
	}
}
