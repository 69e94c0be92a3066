package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

const usedContainers = `{"items":[
 {"container":"shop/db/0","state":"waiting","ports":[]},
 {"container":"shop/web/0","state":"healthy","host":"localhost","attempt":1,"ports":[],"usage":{"time":"2026-01-02T03:59:58Z","stale":false,
  "cpu":0.594,"memory":36671488,"memoryLimit":100663296,"processes":8,"receivedRate":1200,"sentRate":3500000,"readRate":0,"writtenRate":null,
  "history":{"step":5,"cpu":[null,0.5,0.594],"memory":[]}}},
 {"container":"shop/web/1","state":"healthy","host":"lost","ports":[],"usage":{"time":"2026-01-02T03:59:00Z","stale":true,"cpu":9,"memory":1,
  "memoryLimit":null,"processes":1,"receivedRate":null,"sentRate":null,"readRate":null,"writtenRate":null}}]}`

const usedHosts = `{"items":[
 {"host":"localhost","state":"ready","cloud":"c","memory":8,"cores":2,"containers":2,"usage":{"time":"2026-01-02T03:59:58Z","stale":false,"cpu":0.43,
  "load":0.6,"memory":3221225472,"memoryTotal":8589934592,"disk":21474836480,"diskTotal":107374182400,"receivedRate":1200000,"sentRate":3000}},
 {"host":"lost","state":"suspect","cloud":"c","memory":8,"cores":2,"usage":{"time":"2026-01-02T03:59:00Z","stale":true,"cpu":0.9,"load":1,"memory":1,
  "memoryTotal":2,"disk":null,"diskTotal":null,"receivedRate":null,"sentRate":null}},
 {"host":"other","state":"ready","cloud":"c","memory":8,"cores":2}]}`

func used(t *testing.T) *fakeAPI {
	f := newFake(t)
	f.answer("GET /v1/containers", 200, usedContainers)
	f.answer("GET /v1/hosts", 200, usedHosts)
	return f
}

func TestTopWithoutATerminalIsShownOnce(t *testing.T) {
	t.Parallel()
	f := used(t)
	containers := `CONTAINER   STATE    CPU     MEMORY  LIMIT   IN         OUT        READ   PIDS  RESTARTS  HOST
shop/web/0  healthy  59%     35 MiB  96 MiB  1.2 KiB/s  3.3 MiB/s  0 B/s  8     1         localhost
shop/db/0   waiting
shop/web/1  healthy  silent                                                               lost
`
	f.run(t.Context(), "", "top").check(t, 0, `HOST       STATE          CPU  LOAD  MEMORY  OF     DISK    OF       IN         OUT        CONTAINERS
localhost  ready          43%  0.6   3 GiB   8 GiB  20 GiB  100 GiB  1.1 MiB/s  2.9 KiB/s  2
lost       silent for 1m                                                                   0
other      ready                                                                           0

`+containers, "")
	// Of one application only the hosts that it runs on.
	if r := f.run(t.Context(), "", "top", "shop", "--sort", "name"); r.code != 0 || strings.Contains(r.out, "other") || strings.Index(r.out, "shop/db/0") > strings.Index(r.out, "shop/web/0") {
		t.Errorf("%+v", r)
	}
	f.run(t.Context(), "", "top", "-q").check(t, 0, "shop/web/0\nshop/db/0\nshop/web/1\n", "")
	var both struct{ Hosts, Containers []map[string]any }
	if r := f.run(t.Context(), "", "top", "-o", "json"); json.Unmarshal([]byte(r.out), &both) != nil || len(both.Hosts) != 3 || len(both.Containers) != 3 {
		t.Errorf("%+v", r)
	}
}

func TestTopOnATerminalFailsWhenThereIsNothingToShow(t *testing.T) {
	t.Parallel()
	run := func(f *fakeAPI, args ...string) result {
		var out, talk strings.Builder
		s := f.shell()
		s.In, s.Out, s.Err, s.OutTerminal = strings.NewReader("q"), &out, &talk, true
		code := s.Run(t.Context(), append([]string{"top"}, args...))
		return result{code, out.String(), talk.String()}
	}
	refused, none, closed := newFake(t), newFake(t), newFake(t)
	refused.answer("GET /v1/hosts", 401, `{"status":401,"detail":"the token is not known"}`)
	none.answer("GET /v1/hosts", 200, usedHosts)
	none.answer("GET /v1/containers", 404, `{"status":404,"detail":"there is no application \"shp\""}`)
	closed.server.Close()
	for _, tt := range []struct {
		name string
		got  result
		code int
		talk string
	}{
		{"a refused token", run(refused), 4, "the token is not known"},
		{"an unknown application", run(none, "shp"), 3, `there is no application "shp"`},
		{"an API that is not there", run(closed), 1, "start it with: clocker up"},
	} {
		if tt.got.code != tt.code || tt.got.out != "" || !strings.Contains(tt.got.err, tt.talk) {
			t.Errorf("%s: %+v, want code %d", tt.name, tt.got, tt.code)
		}
	}
	if r := run(used(t)); r.code != 0 || r.err != "" {
		t.Errorf("with values: %+v", r)
	}
}

func TestTopRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	f := used(t)
	f.run(t.Context(), "", "top", "--sort", "age").check(t, 2, "", "clocker: --sort age is not known: cpu, memory or name\n")
	f.run(t.Context(), "", "top", "shop/web").check(t, 2, "", "clocker: \"shop/web\" is no application; write its name alone, such as shop\n")
}

func TestUsageIsInTheWideTables(t *testing.T) {
	t.Parallel()
	f := used(t)
	r := f.run(t.Context(), "", "ps", "-o", "wide")
	for _, want := range []string{" 59%     35 MiB of 96 MiB ", " silent  silent "} {
		if !strings.Contains(r.out, want) {
			t.Errorf("ps has no %q:\n%s", want, r.out)
		}
	}
	if r = f.run(t.Context(), "", "hosts", "-o", "wide"); !strings.Contains(r.out, " 43%     3 GiB ") || !strings.Contains(r.out, " silent  silent ") {
		t.Errorf("hosts:\n%s", r.out)
	}
	f.answer("GET /v1/containers/shop/web/0", 200, `{"container":"shop/web/0","state":"healthy","usage":{"time":"2026-01-02T03:59:58Z",
		"cpu":0.594,"memory":36671488,"memoryLimit":null,"processes":8}}`)
	if r = f.run(t.Context(), "", "inspect", "shop/web/0"); !strings.Contains(r.out, "uses         59%, 35 MiB, 8 processes; measured 2s ago\n") {
		t.Errorf("inspect:\n%s", r.out)
	}
}
