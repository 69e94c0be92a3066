package cli

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

func TestADeploymentThatDoesNotStayHealthyIsNotToldAsHealthy(t *testing.T) {
	t.Parallel()
	const table = "CONTAINER   STATE"
	for containers, want := range map[string]struct {
		code int
		says string
	}{
		`{"container":"shop/web/0","state":"healthy","attempt":1,"exitCode":3}`: {exitOK,
			"shop is healthy; shop/web/0 ended at first (exit code 3) and was started anew: clocker logs shop/web/0\n"},
		`{"container":"shop/db/0","state":"healthy"},{"container":"shop/web/0","state":"unhealthy","attempt":1,"reason":"exited with code 3"}`: {exitFailed,
			"clocker: shop was healthy and does not stay so: shop/web/0 is unhealthy: exited with code 3\n" +
				"  hint: what it printed: clocker logs shop/web/0    and what becomes of it: clocker explain shop/web/0\n"},
		`{"container":"shop/web/0","state":"healthy","generation":2}`: {exitOK,
			"shop is healthy; shop/web/0 failed at first and was replaced: clocker trace shop/web/0\n"},
		`{"container":"shop/web/0","state":"cleared","generation":2}`: {exitFailed,
			"clocker: shop was healthy and does not stay so: shop/web/0 is cleared\n" +
				"  hint: what it printed: clocker logs shop/web/0    and what becomes of it: clocker explain shop/web/0\n"},
		`{"container":"shop/web/0","state":"finished","generation":1}`: {exitOK, "shop is healthy\n"},
	} {
		t.Run(containers, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.answer("POST /v1/applications", 202, accepted)
			f.answer("GET /v1/containers", 200, `{"items":[`+containers+`]}`)
			f.operation(`"done"`)
			f.storyOf(true)
			r := f.run(t.Context(), "id: shop", "deploy", "-", "--wait")
			if r.code != want.code || !strings.HasPrefix(r.out, table) || r.err != progressLines+"shop/web/0: healthy\n"+want.says {
				t.Errorf("%+v, want %d %s", r, want.code, want.says)
			}
			f.storyOf(true)
			if r := f.run(t.Context(), "id: shop", "deploy", "-", "--wait", "-o", "json"); r.code != want.code || !strings.HasPrefix(r.out, "{") {
				t.Errorf("as JSON: %+v, want %d", r, want.code)
			}
		})
	}
}

// unproven answers for an application that runs and fails its health checks, and calls back when it was looked at.
func (f *fakeAPI) unproven(looked func()) {
	f.answer("POST /v1/applications", 202, accepted)
	f.mux.HandleFunc("GET /v1/containers", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"items":[{"container":"shop/web/0","uid":"u1","state":"started","reason":"GET /: connection refused"},
			{"container":"shop/db/0","uid":"u1","state":"started","reason":"nobody was told that it runs"}]}`)
		looked()
	})
	f.answer("GET /v1/containers/shop/web/0/explain", 200, `{"container":"shop/web/0","state":"started","reason":"GET /: connection refused"}`)
	f.answer("GET /v1/containers/shop/db/0/explain", 200, `{"container":"shop/db/0","state":"started","reason":"GET /: connection refused"}`)
}

// What runs and fails its health check has no event: whoever waits is told by what is asked for in between, once.
func TestWhoWaitsIsToldWhyWhatRunsIsNotHealthyYet(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var looks atomic.Int32
	f.unproven(func() { looks.Add(1) })
	f.mux.HandleFunc("GET /v1/operations/op1", func(w http.ResponseWriter, _ *http.Request) {
		state := "running"
		if looks.Load() > 1 {
			state = "cancelled"
		}
		_, _ = io.WriteString(w, `{"operation":"op1","kind":"deploy","target":"shop","state":"`+state+`"}`)
	})
	f.tell("container.started", `{`+web+`,"host":"localhost"}`)
	f.run(t.Context(), "id: shop", "deploy", "-", "--wait").check(t, exitFailed, "", `shop/web/0: started on localhost
shop/web/0: runs, and is not healthy yet: GET /: connection refused
clocker: deploy of shop was cancelled
`)
}

func TestWhenTimeIsUpItIsToldWhatADeploymentWaitsFor(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.unproven(func() {})
	s := f.shell()
	var said strings.Builder
	s.Err = &said
	api, err := s.api()
	if err != nil {
		t.Fatal(err)
	}
	late := &stillRunning{code: exitTime, text: "time is up", application: "shop"}
	if err := s.withReasons(t.Context(), api, late); err != late || said.String() != "shop/web/0  started\n  reason     GET /: connection refused\n" {
		t.Errorf("%v %q", err, said.String())
	}
	said.Reset()
	interrupted := &stillRunning{code: exitInterrupted, text: "no longer waiting"}
	if err := s.withReasons(t.Context(), api, interrupted); err != interrupted || said.Len() > 0 {
		t.Errorf("after Ctrl-C: %v %q", err, said.String())
	}
}

func TestWhatEndedWhileItWasDeployedIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications", 202, accepted)
	var looks atomic.Int32
	f.mux.HandleFunc("GET /v1/containers", func(w http.ResponseWriter, _ *http.Request) {
		state := "healthy"
		if looks.Add(1) > 1 {
			state = "unhealthy"
		}
		_, _ = io.WriteString(w, `{"items":[{"container":"shop/web/0","state":"`+state+`","attempt":2,"reason":"exited with code 3"}]}`)
	})
	f.operation(`"done"`)
	f.storyOf(true)
	r := f.run(t.Context(), "id: shop", "deploy", "-", "--wait")
	if r.code != exitFailed || !strings.Contains(r.err, "shop was healthy and does not stay so: shop/web/0 is unhealthy: exited with code 3") {
		t.Errorf("%+v", r)
	}
}

func TestADeploymentThatFailsByItsProgramNamesWhatItPrinted(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications", 202, accepted)
	f.answer("GET /v1/containers", 200, `{"items":[{"container":"shop/web/0","state":"failed"}]}`)
	f.answer("GET /v1/containers/shop/web/0/explain", 200, `{"container":"shop/web/0","state":"failed","reason":"exited with code 3","restarts":5,"exitCode":3}`)
	f.operation(`"failed","reason":"shop/web/0 is failed"`)
	f.storyOf(true)
	const says = "  hint: what it printed: clocker logs shop/web/0    once that is mended: clocker restart shop    or take it away: clocker delete shop\n"
	if r := f.run(t.Context(), "id: shop", "deploy", "-", "--wait"); r.code != exitFailed || !strings.HasSuffix(r.err, says) {
		t.Errorf("%+v, want it to end with %s", r, says)
	}
}
