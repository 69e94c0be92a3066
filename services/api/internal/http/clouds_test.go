package http

import (
	"net/http"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/view"
)

func TestACloudIsAskedForSetAndTakenAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`insert into provisioner.v_locations values ('localhost', 'localhost')`)
	b.exec(`insert into provisioner.v_clouds values ('lab', 'localhost', 1, 64, '[]', 7)`)
	asked := func(method, path, body string, headers ...string) events.OperationRequested {
		t.Helper()
		a := ok[view.Accepted](b, 202, method, path, body, headers...)
		facts := b.facts()
		if len(facts) != 1 {
			t.Fatalf("%s %s states %+v", method, path, facts)
		}
		e := facts[0].(events.OperationRequested)
		if e.Operation != a.Operation || e.By != "bootstrap" || e.Application != "" || e.Host != "" {
			t.Errorf("%+v for %+v", e, a)
		}
		return e
	}
	tag := b.do("GET", "/v1/clouds/lab", "").Header.Get("ETag")
	for _, tc := range []struct {
		method, path, body string
		headers            []string
		kind, target, want string
	}{
		{"POST", "/v1/clouds", `{"cloud":"new","location":"localhost","maxContainers":8,"strategies":[{"name":"MaxContainers","params":{"maxContainers":"8"}}]}`,
			nil, "cloud-create", "new",
			`{"location":"localhost","maxContainers":8,"strategies":[{"name":"MaxContainers","params":{"maxContainers":"8"}}]}`},
		{"PATCH", "/v1/clouds/lab", `{"maxHosts":0,"strategies":[]}`, nil, "cloud-set", "lab", `{"maxHosts":0,"strategies":[]}`},
		{"PATCH", "/v1/clouds/lab", `{"maxHosts":0}`, []string{"If-Match", tag}, "cloud-set", "lab", `{"maxHosts":0,"revision":7}`},
		{"DELETE", "/v1/clouds/lab", "", nil, "cloud-remove", "lab", `{}`},
		{"DELETE", "/v1/clouds/lab", "", []string{"If-Match", tag}, "cloud-remove", "lab", `{"revision":7}`},
	} {
		e := asked(tc.method, tc.path, tc.body, tc.headers...)
		if e.Kind != tc.kind || e.Target != tc.target || string(e.Params) != tc.want {
			t.Errorf("%s %s asks for %s of %s with %s", tc.method, tc.path, e.Kind, e.Target, e.Params)
		}
		if o := b.operation(e.Operation); o.State != "running" || o.Target != tc.target || o.Kind != tc.kind {
			t.Errorf("%+v", o)
		}
		b.handle(t, events.OperationFinished{Operation: e.Operation, Kind: e.Kind, Outcome: events.OutcomeFailed, Reason: "no"})
		if o := b.operation(e.Operation); o.State != "failed" || o.Reason != "no" {
			t.Errorf("%+v", o)
		}
	}
	key := []string{"Idempotency-Key", "k"}
	if first, again := asked("DELETE", "/v1/clouds/lab", "", key...), ok[view.Accepted](b, 202, "DELETE", "/v1/clouds/lab", "", key...); again.Operation != first.Operation {
		t.Errorf("%+v, then %+v", first, again)
	}
}

func TestWhatIsWrongAboutACloudIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`insert into provisioner.v_locations values ('localhost', 'localhost')`)
	b.furnish(b.deploy(shop).UID)
	b.facts()
	tag := `"old"`
	for _, tc := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "/v1/clouds", `{"cloud":"my-docker-cloud","location":"localhost"}`, 409, `there is a cloud "my-docker-cloud" already`},
		{"POST", "/v1/clouds", `{"cloud":"A b","location":"localhost"}`, 400, "cloud must be the name of the new cloud"},
		{"POST", "/v1/clouds", `{"cloud":"a"}`, 400, "location must say where its hosts come from"},
		{"POST", "/v1/clouds", `{"cloud":"a","location":"moon"}`, 400, `there is no location "moon"; there are: localhost`},
		{"POST", "/v1/clouds", `{"cloud":"a","location":"localhost","maxHosts":-1}`, 400, "maxHosts is -1: want a number from 0 to 10000"},
		{"POST", "/v1/clouds", `{"cloud":"a","location":"localhost","maxContainers":"x"}`, 400, "maxContainers must be a whole number"},
		{"POST", "/v1/clouds", `{"cloud":"a","location":"localhost","colour":1}`, 400, `the field "colour" is unknown`},
		{"PATCH", "/v1/clouds/my-docker-cloud", `{}`, 400, "there is nothing to set"},
		{"PATCH", "/v1/clouds/my-docker-cloud", `{"location":"localhost"}`, 400, `the field "location" is unknown`},
		{"PATCH", "/v1/clouds/my-docker-cloud", `{"strategies":[{"name":"Best"}]}`, 400, `unknown strategy "Best": there are BreadthFirst, DepthFirst, MaxContainers`},
		{"PATCH", "/v1/clouds/my-docker-cloud", `{"strategies":[{"name":"DepthFirst"},{"name":"DepthFirst"}]}`, 400, "given twice"},
		{"PATCH", "/v1/clouds/my-docker-cloud", `{"strategies":[{"name":"DepthFirst","params":{"n":"1"}}]}`, 400, `takes no parameter "n"`},
		{"PATCH", "/v1/clouds/my-docker-cloud", `{"strategies":[{"name":"MaxContainers","params":{"maxContainers":"0"}}]}`, 400, "want a number from 1 to 100000"},
		{"PATCH", "/v1/clouds/none", `{"maxHosts":1}`, 404, `there is no cloud "none"`},
		{"DELETE", "/v1/clouds/none", "", 404, `there is no cloud "none"`},
		{"GET", "/v1/clouds/none", "", 404, `there is no cloud "none"`},
		{"DELETE", "/v1/clouds/my-docker-cloud", "", 409, `the cloud "my-docker-cloud" is in use: host localhost; application shop`},
	} {
		p := b.do(tc.method, tc.path, tc.body).problem(t)
		if p.Status != tc.status || !strings.Contains(p.Detail, tc.says) {
			t.Errorf("%s %s %s: %d %s", tc.method, tc.path, tc.body, p.Status, p.Detail)
		}
	}
	p := b.do("PATCH", "/v1/clouds/my-docker-cloud", `{"maxHosts":1}`, "If-Match", tag).problem(t)
	if p.Status != http.StatusPreconditionFailed || p.Code != string(clocker.Changed) {
		t.Errorf("%+v", p)
	}
	if facts := b.facts(); len(facts) != 0 {
		t.Errorf("stated %+v", facts)
	}
}
