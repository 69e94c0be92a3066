package http

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"clocker.io/services/api/internal/describe"
	"clocker.io/services/api/internal/view"
)

// A parameter that is misspelt would be passed over: a dry run that nobody saw deploys.
func TestAQueryThatAnAddressDoesNotTakeIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for query, says := range map[string]string{
		"GET /v1/containers?aplication=shop":             `there is no parameter "aplication" here; there are limit, cursor, application, history`,
		"POST /v1/applications?dryrun=true":              `there is no parameter "dryrun" here; there are dry_run, tolerant`,
		"GET /v1/version?limit=1":                        `there is no parameter "limit" here; the address takes none`,
		"GET /v1/containers?limit=1&limit=2":             "limit is given 2 times",
		"GET /v1/containers?limit=1;cursor=x":            "the query cannot be read: invalid semicolon separator in query",
		"GET /v1/trace?event=1&application=shop":         "name either an event or an application, not both",
		"GET /v1/hosts/localhost/sensors?history=2h":     "history must be how far to look back, such as 5m, and at most 60m",
		"GET /v1/events?after=now&follow=false&after=12": "after is given 2 times",
	} {
		method, path, _ := strings.Cut(query, " ")
		if p := b.do(method, path, "id: shop\nservices: [{type: 'docker:x'}]").problem(t); p.Status != http.StatusBadRequest || p.Detail != says {
			t.Errorf("%s: %d %s, want %s", query, p.Status, p.Detail, says)
		}
	}
	if list := ok[view.Page[view.Application]](b, http.StatusOK, "GET", "/v1/applications", ""); len(list.Items) != 0 {
		t.Errorf("deployed: %+v", list.Items)
	}
	if r := b.do("GET", "/livez?probe=1", ""); r.Status != http.StatusOK {
		t.Errorf("a probe with a query: %d", r.Status)
	}
}

// Who filled in a form, or a flag of the command line, is shown which one is wrong.
func TestAValueThatIsRefusedIsNamed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.furnish(b.deploy(shop).UID)
	for _, tt := range []struct{ request, body, parameter, says string }{
		{"GET /v1/operations?kind=depoly", "", "kind", "kind must be one of deploy, resize, restart, delete, cancel, cordon"},
		{"GET /v1/operations?state=broken", "", "state", "state must be one of running, done, failed, cancelled"},
		{"GET /v1/operations?limit=0", "", "limit", "limit must be a number from 1 to 1000"},
		{"GET /v1/containers?history=1d", "", "history", "history must be how far to look back"},
		{"GET /v1/containers?limit=1&limit=2", "", "limit", "limit is given 2 times"},
		{"GET /v1/tokens?all=maybe", "", "all", "all must be true or false"},
		{"GET /v1/events?after=yesterday", "", "after", "after must be the number of an event, or now"},
		{"GET /v1/events?after=4711", "", "after", "the log ends at event "},
		{"GET /v1/audit/export?from=0", "", "from", "from must be the number of an event"},
		{"GET /v1/trace?event=0", "", "event", "event must be the number of an event"},
		{"GET /v1/applications/shop/logs?since=yesterday", "", "since", "since must be a time such as "},
		{"GET /v1/applications/shop/logs?tail=-1", "", "tail", "tail must be a number of lines, or all"},
		{"POST /v1/tokens", `{"name":"ci","role":"boss"}`, "role", `there is no role "boss"; the roles are viewer, `},
		{"POST /v1/tokens", `{"name":"c i","role":"viewer"}`, "name", `"c i" is no name of a token`},
		{"POST /v1/tokens", `{"name":"ci","role":"viewer","expires":"1ms"}`, "expires", "expires must be a time of a second or more"},
		{"POST /v1/clouds", `{"cloud":"c","location":"mars"}`, "location", `there is no location "mars"`},
		{"POST /v1/clouds", `{"cloud":"C","location":"localhost"}`, "cloud", "cloud must be the name of the new cloud"},
		{"PATCH /v1/clouds/my-docker-cloud", `{"maxHosts":-1}`, "maxHosts", "maxHosts is -1: want a number from 0"},
		{"PATCH /v1/clouds/my-docker-cloud", `{"maxContainers":0}`, "maxContainers", "maxContainers is 0: want a number from 1"},
		{"PATCH /v1/clouds/my-docker-cloud", `{"strategies":[{"name":"Best"}]}`, "strategies", `unknown strategy "Best": there are `},
		{"POST /v1/applications/shop/entities/web/resize", `{"size":-1}`, "size", "size must be a whole number from 0 to "},
		{"POST /v1/applications/shop/entities/web/effectors/resize", `{"desiredSize":"many"}`, "desiredSize", "desiredSize must be a whole number"},
		{"POST /v1/dead-letters/retry", `{"consumer":1}`, "consumer", "consumer must be a text"},
	} {
		method, path, _ := strings.Cut(tt.request, " ")
		p := b.do(method, path, tt.body).problem(t)
		if p.Status != http.StatusBadRequest || p.Parameter != tt.parameter || !strings.HasPrefix(p.Detail, tt.says) {
			t.Errorf("%s %s: %d %q %q, want %q %q", tt.request, tt.body, p.Status, p.Parameter, p.Detail, tt.parameter, tt.says)
		}
	}
	if p := b.do("GET", "/v1/applications/none", "").problem(t); p.Parameter != "" {
		t.Errorf("what is not there is no wrong value: %+v", p)
	}
}

func TestABodyThatIsNoObjectIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for body, says := range map[string]string{
		`[]`:                                  "the body must be a JSON object",
		`null`:                                "the body must be a JSON object",
		`{"cloud":"a"`:                        "the body must be a JSON object: unexpected EOF",
		`{"cloud":"a","location":}`:           "the body must be a JSON object: invalid character '}' looking for beginning of value",
		`{"cloud":"a","cloud":"b"}`:           `the field "cloud" is given twice`,
		`{"cloud":"a","location":"x"} {}`:     "something follows the JSON object of the body",
		`{"cloud":"a","location":"x"} end`:    "something follows the JSON object of the body",
		`{"clout":"a"}`:                       `the field "clout" is unknown`,
		`{"cloud":"a","location":"\\\u0000"}`: "location holds a zero byte",
		`{"cloud":"a","location":"\\u0000"}`:  `there is no location "\\u0000"; there are: `,
	} {
		if p := b.do("POST", "/v1/clouds", body).problem(t); p.Status != http.StatusBadRequest || p.Detail != says {
			t.Errorf("%s: %d %s, want %s", body, p.Status, p.Detail, says)
		}
	}
}

func TestAMediaTypeThatIsNotWantedIsNotAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deploy(shop)
	for accept, kind := range map[string]string{
		"application/x-ndjson":                        ndjson,
		"text/html, Application/X-NDJSON; q=0.5":      ndjson,
		"application/x-ndjson;q=0, text/event-stream": "text/event-stream",
		"application/x-ndjsonish":                     "text/event-stream",
		"*/*":                                         "text/event-stream",
		"nonsense; q, application/x-ndjson; charset=utf-8; q=1": ndjson,
	} {
		if r := b.do("GET", "/v1/events?follow=false", "", "Accept", accept); r.Header.Get("Content-Type") != kind {
			t.Errorf("%s is answered with %s, want %s", accept, r.Header.Get("Content-Type"), kind)
		}
	}
}

// A cursor is the client's to keep, and may come back as anything.
func TestACursorThatWasTamperedWithIsNoFaultOfTheServer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.furnish(b.deploy(shop).UID)
	var lists []string
	for _, r := range b.server.table() {
		if _, has := r.is.Param("cursor"); has {
			lists = append(lists, r.path)
		}
	}
	if len(lists) < 10 {
		t.Fatalf("only %v are lists", lists)
	}
	for _, place := range []string{
		`null`, `[]`, `{}`, `[null]`, `["a"]`, `["\u0000"]`, `["\ud800"]`, `["shop","web",1]`, `["shop","web",-1]`, `["shop","web",99999999999]`,
		`["shop","web",1e3]`, `["shop","\u0000",1]`, `[9223372036854775807,"a"]`, `[-9223372036854775808,"a"]`, `[99999999999999999999,"a"]`,
		`[1.5,"a"]`, `[1,"\u0000"]`, `["a","b"]`, `["a","\u0000"]`, `["a",1]`, `["a","b","c"]`, `["a","b","\u0000"]`,
	} {
		cursor := base64.RawURLEncoding.EncodeToString([]byte(place))
		for _, path := range lists {
			if r := b.do("GET", path+"?cursor="+cursor, ""); r.Status != http.StatusOK && r.Status != http.StatusBadRequest {
				t.Errorf("%s after %s: %d %s", path, place, r.Status, r.Body)
			}
		}
	}
}

// A zero byte is text in JSON and none in the database.
func TestAZeroByteInABodyIsNoFaultOfTheServer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.furnish(b.deploy(shop).UID)
	for _, r := range b.server.table() {
		for _, body := range r.is.Body {
			if body.Content != describe.JSON {
				continue
			}
			fields := map[string]any{}
			for i := range body.Type.NumField() {
				name, _, _ := strings.Cut(body.Type.Field(i).Tag.Get("json"), ",")
				fields[name] = "\x00"
			}
			for name := range fields {
				text, err := json.Marshal(map[string]any{name: fields[name]})
				if err != nil {
					t.Fatal(err)
				}
				path := strings.NewReplacer(":app", "shop", ":entity", "web", ":effector", "resize", ":cloud", "my-docker-cloud").Replace(r.path)
				if got := b.do(r.method, path, string(text)); got.Status >= http.StatusInternalServerError {
					t.Errorf("%s %s with %s: %d %s", r.method, path, text, got.Status, got.Body)
				}
			}
		}
	}
}
