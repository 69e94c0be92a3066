package pg_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/logs"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/pkg/trace"
)

func TestAHandlersLogSaysWhichEventAndContainerItIsAbout(t *testing.T) {
	t.Parallel()
	const from = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	db := pgtest.Open(t, "ipam", ledger)
	unit := pg.NewUnit(db, func(tx *pg.Tx) *pg.Tx { return tx })
	var text bytes.Buffer
	log := logs.New(&text, "info", "json")
	placed := events.ContainerPlaced{Container: clocker.Container{Application: "shop", UID: "u", Entity: "web", Ordinal: 2, Generation: 5}}
	needed := events.HostNeeded{Cloud: "c"}
	ds := []events.Delivery{
		{Record: events.Record{Number: 7, Topic: placed.Topic(), Trace: from}, Event: placed},
		{Record: events.Record{Number: 8, Topic: needed.Topic(), Trace: "rubbish"}, Event: needed},
	}
	err := unit.Do(t.Context(), "ipam", ds, func(ctx context.Context, _ *pg.Tx, d events.Delivery) ([]events.Event, error) {
		log.InfoContext(ctx, "handled")
		return []events.Event{needed, events.Linked{Event: needed, Trace: from}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	for i, want := range []map[string]any{
		{"event": 7.0, "consumer": "ipam", "topic": "container.placed", "container": "shop/web/2", "generation": 5.0, "trace_id": from[3:35], "span_id": from[36:52]},
		{"event": 8.0, "consumer": "ipam", "topic": "host.needed", "container": nil, "trace_id": nil},
	} {
		var line map[string]any
		if err := json.Unmarshal([]byte(lines[i]), &line); err != nil {
			t.Fatal(err)
		}
		for key, w := range want {
			if line[key] != w {
				t.Errorf("line %d: %s is %v, want %v", i, key, line[key], w)
			}
		}
	}
	// Without tracing what came is handed on as it is, whatever it is, unless a fact names its own.
	var carried []any
	for _, row := range pgtest.Query(t, db, `select trace from events.outbox order by id`) {
		carried = append(carried, row["trace"])
	}
	for i, want := range []any{from, from, "rubbish", from} {
		if i >= len(carried) || carried[i] != want {
			t.Fatalf("carried %q", carried)
		}
	}
	err = unit.RunFor(t.Context(), pg.Cause{Trace: from}, func(ctx context.Context, _ *pg.Tx) ([]events.Event, error) {
		if got := trace.Parent(ctx); got != from {
			t.Errorf("a transaction for a request works for %q", got)
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
