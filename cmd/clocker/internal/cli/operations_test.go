package cli

import (
	"strings"
	"testing"
)

const resized = `{"operation":"op-1","kind":"resize","application":"shop","target":"shop/web","params":{"size":6},"state":"cancelled",
	"reason":"cancelled by op-2: shop/web stays at 4","requestedBy":"ci/k1","requestedAt":"2026-01-02T03:59:00Z","finishedAt":"2026-01-02T03:59:02.345Z"}`

func TestOperationsAreListedShownAndCancelled(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("GET /v1/operations", 200, `{"items":[`+resized+`,{"operation":"op-0","kind":"deploy","application":"shop","target":"shop",
		"state":"running","requestedBy":"bootstrap","requestedAt":"2026-01-02T03:00:00Z"}]}`)
	f.answer("GET /v1/operations/op-1", 200, resized)
	f.answer("POST /v1/operations/op-1/cancel", 202, `{"application":"shop","uid":"u1","operation":"op-2"}`)
	table := `OPERATION  KIND    TARGET    STATE      ASKED BY   AGE  TOOK  REASON
op-1       resize  shop/web  cancelled  ci/k1      1m   2.3s  cancelled by op-2: shop/web stays at 4
op-0       deploy  shop      running    bootstrap  1h
`
	f.run(t.Context(), "", "operations").check(t, 0, table, "")
	f.run(t.Context(), "", "operations", "ls", "--application", "shop").check(t, 0, table, "")
	f.run(t.Context(), "", "operations", "show", "op-1").check(t, 0, `op-1  resize of shop/web: cancelled
  reason     cancelled by op-2: shop/web stays at 4
  asked by   ci/k1
  asked at   2026-01-02T03:59:00Z
  ended at   2026-01-02T03:59:02Z
  params     {"size":6}
`, "")
	r := f.run(t.Context(), "", "operations", "cancel", "op-1")
	if r.code != 0 || !strings.HasPrefix(r.err, "shop: accepted as operation op-2") {
		t.Errorf("%+v", r)
	}
}

func TestAnOperationThatIsCancelledMeanwhileIsNoSuccess(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/applications/shop/entities/web/resize", 202, accepted)
	f.operation(`"cancelled","reason":"cancelled by op2: shop/web stays at 4"`)
	f.tell("operation.finished", `{"operation":"op1","kind":"resize","application":"shop","uid":"u1","outcome":"cancelled"}`)
	r := f.run(t.Context(), "", "scale", "shop/web=6", "--wait")
	if r.code != 1 || !strings.HasSuffix(r.err, "clocker: deploy of shop was cancelled: cancelled by op2: shop/web stays at 4\n") {
		t.Errorf("%+v", r)
	}
}

func TestAHostIsCordoned(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.answer("POST /v1/hosts/alpha/cordon", 202, `{"host":"alpha","operation":"op-1"}`)
	f.answer("POST /v1/hosts/alpha/uncordon", 202, `{"host":"alpha","operation":"op-2"}`)
	f.answer("GET /v1/hosts", 200, `{"items":[{"host":"alpha","state":"ready","cordoned":true}]}`)
	f.run(t.Context(), "", "cordon", "alpha").check(t, 0, "", "alpha will take no new containers; operation op-1\n")
	f.run(t.Context(), "", "uncordon", "alpha").check(t, 0, "", "alpha will take containers again; operation op-2\n")
	if r := f.run(t.Context(), "", "hosts"); !strings.Contains(r.out, "alpha  ready, cordoned") {
		t.Errorf("%+v", r)
	}
}
