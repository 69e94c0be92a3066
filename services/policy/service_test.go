package policy

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/pkg/run"
	"clocker.io/services/policy/internal/linetest"
)

// The service as it runs: an event in the outbox is numbered, delivered and handled, and what follows is published.
func TestServiceCarriesAnApplication(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, Schema)
	server := bustest.Server(t)
	conn := bustest.As(t, server, Name)
	s, err := New(run.Platform{Name: Name, Log: slog.New(slog.DiscardHandler), Now: time.Now, Bus: conn,
		Env: func(key, fallback string) string {
			if key == "CLOCKER_DATABASE_URL" {
				return url
			}
			return fallback
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(stop)
	if err := s.Setup(ctx); err != nil {
		t.Fatal(err)
	}
	heard := make(chan json.RawMessage, 1)
	listener := bus.Listen(events.SubjectsOf("operation.finished"), "",
		func(_ context.Context, _ string, data json.RawMessage) { heard <- data })
	auditor := bustest.As(t, server, "auditor")
	go func() { _ = listener.Serve(ctx, auditor) }()
	for _, r := range s.Responders {
		go func() { _ = r.Serve(ctx, conn) }()
	}
	for _, c := range s.Consumers {
		go func() { _ = c.Run(ctx, conn) }()
	}
	for _, l := range s.Loops {
		go func() { _ = l.Run(ctx) }()
	}
	db, err := pg.Open(pg.Config{URL: url, Role: Name, Poke: conn.Poke})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	none := func(tx *pg.Tx) *pg.Tx { return tx }
	err = pg.NewUnit(db, none).Run(ctx, func(context.Context, *pg.Tx) ([]events.Event, error) {
		return []events.Event{events.OperationRequested{Operation: "op", Kind: "delete", Application: "shop", UID: linetest.UID, Target: "shop"}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case data := <-heard:
		var e events.OperationFinished
		if err := json.Unmarshal(data, &e); err != nil || e.Operation != "op" || e.Reason != "there is no application shop" {
			t.Errorf("finished %s, %v", data, err)
		}
	case <-ctx.Done():
		t.Fatal("the operation is never finished")
	}
}
