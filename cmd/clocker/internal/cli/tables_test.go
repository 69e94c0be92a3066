package cli

import (
	"strings"
	"testing"
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
