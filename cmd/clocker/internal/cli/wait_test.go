package cli

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

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
