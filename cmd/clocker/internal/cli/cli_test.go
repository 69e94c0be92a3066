package cli

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const twoContainers = `{"items":[
 {"container":"shop/web/0","state":"healthy","host":"localhost","address":"10.200.0.2","attempt":1,
  "ports":[{"port":8080,"protocol":"tcp","hostPort":49000,"address":"127.0.0.1"}],"startedAt":"2026-01-02T03:00:00Z"},
 {"container":"shop/db/0","state":"waiting","stage":"place","reason":"1x memory","ports":[],"updatedAt":"2026-01-02T03:59:00Z"}]}`

func TestTables(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("GET /v1/containers", 200, twoContainers)
	f.answer("GET /v1/applications", 200, `{"items":[{"application":"shop","state":"starting","up":1,"wanted":2,"cloud":"my-docker-cloud",
		"network":"10.200.0.0/22","submittedAt":"2026-01-02T02:00:00Z","reason":"db waits"}]}`)
	f.answer("GET /v1/hosts", 200, `{"items":[{"host":"localhost","state":"ready","cloud":"my-docker-cloud","address":"127.0.0.1",
		"memory":8589934592,"cores":4,"usedMemory":536870912,"usedCores":0.5,"containers":2,"engine":{"version":"20.10.24"}}]}`)
	f.answer("GET /v1/audit/verify", 200, `{"ok":false,"count":9,"first_bad":7,"reason":"its hash does not follow from event 6"}`)
	f.answer("GET /v1/containers/shop/db/0/explain", 200, `{"container":"shop/db/0","state":"waiting","stage":"place",
		"reason":"no host","since":"2026-01-02T03:59:30Z","refusals":[{"strategy":"memory","hosts":1,"reason":"wants 64 GiB, 2 GiB are free"}],"waitsFor":["store.service.isUp"],
		"image":{"state":"failed","reason":"build failed","tail":["step 2","boom"]}}`)
	f.answer("GET /v1/applications/shop", 200, `{"application":"shop","up":1,"wanted":2}`)
	f.answer("GET /v1/trace", 200, `{"whole":false,"items":[`+event(7, "container.placed", `{"application":"shop","entity":"web","ordinal":0,"host":"h1"}`)+
		`,{"type":"io.clocker.later.thing.v1","subject":"shop.web.0","sequence":8,"cause":7,"time":"2026-01-02T03:04:05.25Z","data":{}}]}`)
	explained := `shop/db/0  waiting for 30s
  stage      place
  reason     no host
  waits for  store.service.isUp
  refused by memory, 1 host(s): wants 64 GiB, 2 GiB are free
  image      failed: build failed
    | step 2
    | boom
`
	tests := []struct {
		name, args string
		code       int
		out, talk  string
	}{
		{"ps", "ps", 0, `CONTAINER   STATE    HOST       ADDRESS     PORTS                      AGE  RESTARTS  REASON
shop/web/0  healthy  localhost  10.200.0.2  127.0.0.1:49000->8080/tcp  1h   1
shop/db/0   waiting                                                    1m             place: 1x memory
`, ""},
		{"apps", "apps", 0, `APPLICATION  STATE     UP   CLOUD            NETWORK        AGE  REASON
shop         starting  1/2  my-docker-cloud  10.200.0.0/22  2h   db waits
`, ""},
		{"hosts", "hosts", 0, `HOST       STATE  CLOUD            ADDRESS    CONTAINERS  MEMORY            CORES     ENGINE
localhost  ready  my-docker-cloud  127.0.0.1  2           512 MiB of 8 GiB  0.5 of 4  20.10.24
`, ""},
		{"audit", "audit verify", 1, "bad from event 7 on: its hash does not follow from event 6\n",
			"clocker: the log of events was tampered with or damaged\n"},
		{"trace", "trace shop/web/0", 0, `2026-01-02  03:04:05.000  7  container.placed shop/web/0  placed on h1
    +250ms        +250ms  8  · later.thing shop.web.0
`, "there is more of it than is shown; trace a single container or event\n"},
		{"explain one", "explain shop/db/0", 0, explained, ""},
		{"explain all", "explain shop", 0, explained, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f.run(t.Context(), "", strings.Fields(tt.args)...).check(t, tt.code, tt.out, tt.talk)
		})
	}
}

func TestAReplayNamesEveryDifference(t *testing.T) {
	t.Parallel()
	const differ = `{"through":90,"pruned":10,"events":80,"waiting":2,"unknown":1,"rows":{"hosts":1,"leases":3},"ok":false,"count":3,"untold":4,"differences":[
		{"table":"leases","key":"shop/web/0 of u","field":"address","log":"10.200.0.16","view":""},
		{"table":"hosts","key":"h9","log":"nothing","view":"state=ready"}]}`
	for answer, want := range map[string]result{
		`{"through":90,"events":90,"rows":{"hosts":1,"leases":3}}`:                     {0, "WHAT    ROWS\nhosts   1\nleases  3\n", ""},
		`{"through":90,"events":90,"rows":{"hosts":1,"leases":3},"ok":true,"count":0}`: {0, "ok: 90 events up to 90 tell of 4 rows, as the services have them\n", ""},
		differ: {1, `3 difference(s) between the log (80 events up to 90 and 2 without a number yet) and the services
not compared: 4 row(s) that are older than the log is kept, up to 10
passed over: 1 event(s) of a kind that this version does not know
WHAT    WHICH            FIELD    LOG          SERVICES
leases  shop/web/0 of u  address  10.200.0.16  ""
hosts   h9                        nothing      state=ready
and 1 more
`, "clocker: the services have something else than the log tells\n"},
	} {
		f := newFake(t)
		f.answer("GET /v1/audit/replay", 200, answer)
		f.run(t.Context(), "", "audit", "replay", "--check").check(t, want.code, want.out, want.err)
	}
}

func TestJSONIsWhatTheAPISaid(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("GET /v1/applications", 200, `{"items":[{"application":"shop","unknown":{"of":"later <versions>"}}],"next_cursor":""}`)
	f.run(t.Context(), "", "apps", "-o", "json").check(t, 0, `[
  {
    "application": "shop",
    "unknown": {
      "of": "later <versions>"
    }
  }
]
`, "")
}

func TestRefusalsAreExplained(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications", 400, `{"status":400,"code":"invalid","detail":"the blueprint has 1 fault","errors":[
		{"pointer":"/services/0/tpye","line":3,"column":5,"detail":"unknown key \"tpye\"","hint":"did you mean \"type\"?"}]}`)
	f.answer("GET /v1/applications", 401, `{"status":401,"code":"denied","detail":"the token is not known"}`)
	f.answer("DELETE /v1/applications/none", 404, `{"status":404,"code":"not-found","detail":"no application none"}`)
	f.answer("POST /v1/applications/shop/entities/web/resize", 409, `{"status":409,"code":"conflict","detail":"shop is being deleted"}`)
	blueprint := "id: shop\nservices:\n  - tpye: docker:x\n"
	tests := []struct {
		name, args string
		code       int
		talk       string
	}{
		{"blueprint", "deploy -", 1, `stdin:3:5: unknown key "tpye" (/services/0/tpye)
    3 |   - tpye: docker:x
      |     ^
  hint: did you mean "type"?
clocker: the blueprint has 1 fault
`},
		{"token", "apps", 4, "clocker: the token is not known\n" +
			"  hint: the token comes from $CLOCKER_TOKEN; is it that of this installation?\n"},
		{"not found", "delete none -y", 3, "clocker: no application none\n"},
		{"conflict", "scale shop/web=3", 5, "clocker: shop is being deleted\n"},
		{"no file", "deploy /none.yaml", 2, "clocker: there is no file /none.yaml\n"},
		{"no answer without a terminal", "delete shop", 2, "clocker: shop was not deleted; -y deletes it without a question\n"},
		{"misspelt command", "depoly x", 2, "clocker: unknown command \"depoly\"; did you mean deploy?; see: clocker --help\n"},
		{"misspelt flag", "ps --al", 2, "clocker: unknown flag: --al; see: clocker ps --help\n"},
		{"too few arguments", "logs", 2, "clocker: APP[/ENTITY[/N]] is missing: clocker logs APP[/ENTITY[/N]] [flags]\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f.run(t.Context(), blueprint, strings.Fields(tt.args)...).check(t, tt.code, "", tt.talk)
		})
	}
}

const accepted = `{"application":"shop","uid":"u1","operation":"op1"}`

const web = `"application":"shop","uid":"u1","entity":"web","ordinal":0,"generation":1`

// storyOf tells the events of a deployment, with some of an earlier application of the same name among them.
func (f *fakeAPI) storyOf(finished bool) {
	f.tell("container.healthy", `{"application":"shop","uid":"old","entity":"web","ordinal":0,"generation":9}`)
	f.tell("container.requested", `{`+web+`,"cloud":"my-docker-cloud","reason":"initial"}`)
	f.tell("container.placed", `{`+web+`,"host":"localhost"}`)
	f.tell("something.newer", `{}`)
	if finished {
		f.tell("container.healthy", `{`+web+`,"host":"localhost"}`)
		f.tell("operation.finished", `{"operation":"op1","kind":"deploy","application":"shop","uid":"u1","outcome":"done"}`)
	}
}

// operation answers with running first, and then with the end.
func (f *fakeAPI) operation(end string) {
	asked := 0
	f.mux.HandleFunc("GET /v1/operations/op1", func(w http.ResponseWriter, _ *http.Request) {
		asked++
		state := `"running"`
		if asked > 1 && end != "" {
			state = end
		}
		_, _ = io.WriteString(w, `{"operation":"op1","kind":"deploy","application":"shop","target":"shop","state":`+state+`}`)
	})
}

const progressLines = "shop/web/0: requested: initial\nshop/web/0: placed on localhost\n"

func TestDeployWaits(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications", 202, accepted)
	f.answer("GET /v1/containers", 200, `{"items":[{"container":"shop/web/0","state":"healthy"}]}`)
	f.operation(`"done"`)
	f.storyOf(true)
	f.run(t.Context(), "id: shop", "deploy", "-", "--wait").check(t, 0, "CONTAINER   STATE\nshop/web/0  healthy\n",
		progressLines+"shop/web/0: healthy\nshop is healthy\n")
}

func TestDeployThatFailsShowsWhy(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications", 202, accepted)
	f.answer("GET /v1/containers", 200, `{"items":[{"container":"shop/web/0","state":"failed"}]}`)
	f.answer("GET /v1/containers/shop/web/0/explain", 200, `{"container":"shop/web/0","state":"failed","reason":"its image cannot be had",
		"image":{"state":"failed","reason":"the build ended with 1","tail":["RUN false"]}}`)
	f.operation(`"failed","reason":"web: image cannot be had"`)
	f.storyOf(true)
	f.run(t.Context(), "id: shop", "deploy", "-", "--wait").check(t, 1, "",
		progressLines+`shop/web/0: healthy
shop/web/0  failed
  reason     its image cannot be had
  image      failed: the build ended with 1
    | RUN false
clocker: deploy of shop failed: web: image cannot be had
  hint: once the image can be had: clocker delete shop --wait    and deploy it again
`)
}

func TestTimeIsUp(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications/shop/restart", 202, accepted)
	f.operation("")
	r := f.run(t.Context(), "", "restart", "shop", "--wait", "--timeout", "100ms")
	for limit := time.Second; limit < time.Hour && !strings.Contains(r.err, "operations show"); limit *= 2 { // too short for the request
		r = f.run(t.Context(), "", "restart", "shop", "--wait", "--timeout", limit.String())
	}
	r.check(t, 6, "", "time is up; shop goes on. Follow it with: clocker events -f --application shop    or look: clocker operations show op1\n")
}

func TestCtrlCDetaches(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications/shop/restart", 202, accepted)
	ctx, cancel := context.WithCancel(t.Context())
	f.mux.HandleFunc("GET /v1/operations/op1", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"operation":"op1","state":"running"}`)
		cancel()
	})
	f.run(ctx, "", "restart", "shop", "--wait").check(t, 130, "",
		"no longer waiting; shop goes on. Follow it with: clocker events -f --application shop    or look: clocker operations show op1\n")
}

func TestNoHostCanTakeIt(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications", 202, accepted)
	f.operation("")
	f.tell("container.requested", `{`+web+`,"cloud":"my-docker-cloud","reason":"initial"}`)
	f.tell("container.waiting", `{`+web+`,"stage":"place","reason":"1x memory"}`)
	f.tell("host.failed", `{"cloud":"other","reason":"not ours"}`)
	f.tell("host.failed", `{"cloud":"my-docker-cloud","reason":"no host has 64 GiB"}`)
	f.run(t.Context(), "id: shop", "deploy", "-", "--wait").check(t, 7, "", `shop/web/0: requested: initial
shop/web/0: waits to place: 1x memory
shop cannot be placed: no host has 64 GiB
  shop/web/0: waits to place: 1x memory
It stays and is placed as soon as a host can take it. Why: clocker explain shop    Give it up: clocker operations cancel op1
`)
}

func TestDeploySendsTheContext(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	dir := t.TempDir()
	blueprint := filepath.Join(dir, "shop.yaml")
	for path, text := range map[string]string{blueprint: "id: shop", filepath.Join(dir, "Dockerfile"): "FROM scratch"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f.mux.HandleFunc("POST /v1/applications", func(w http.ResponseWriter, r *http.Request) {
		for part, want := range map[string]string{"blueprint": "id: shop", "context": "\x1f\x8b"} {
			file, _, err := r.FormFile(part)
			if err != nil {
				t.Errorf("part %s: %v", part, err)
				continue
			}
			text, err := io.ReadAll(file)
			if err != nil || !strings.HasPrefix(string(text), want) {
				t.Errorf("part %s: %q, %v", part, text, err)
			}
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, accepted)
	})
	r := f.run(t.Context(), "", "deploy", blueprint, "--context", dir)
	if r.code != 0 || r.out != "shop\n" || !strings.Contains(r.err, "2 files") || !strings.Contains(r.err, "operation op1") {
		t.Errorf("%+v", r)
	}
}

func TestEventsAndLogs(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.mux.HandleFunc("GET /v1/containers/shop/web/0/logs", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "follow=false&tail=5" {
			t.Errorf("query %s", r.URL.RawQuery)
		}
		_, _ = io.WriteString(w, "hello\nworld")
	})
	f.run(t.Context(), "", "logs", "shop/web/0", "--tail", "5").check(t, 0, "hello\nworld", "")
	f.tell("container.placed", `{`+web+`,"host":"localhost"}`)
	f.events <- "end"
	f.run(t.Context(), "", "events").check(t, 0, "     1 03:04:05 container.placed       shop/web/0  placed on localhost\n", "")
	f.tell("container.placed", `{`+web+`,"host":"localhost"}`)
	f.events <- "end"
	r := f.run(t.Context(), "", "events", "-o", "json")
	if r.code != 0 || !json.Valid([]byte(r.out)) || strings.Count(r.out, "\n") != 1 {
		t.Errorf("%+v", r)
	}
}
