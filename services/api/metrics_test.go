package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/run/runtest"
)

func TestTheLineIsMeasuredByItsEvents(t *testing.T) {
	t.Parallel()
	base, token, dbURL := start(t)
	var accepted struct{ UID string }
	call(t, token, "POST", base+"/v1/applications", "id: shop\nservices: [{type: 'docker:x'}]", &accepted)
	var submitted events.CloudEvent
	call(t, token, "GET", base+"/v1/events?application=shop", "", &submitted)
	other, err := pg.Open(pg.Config{URL: dbURL, Role: "api"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	// Stated as policy does, through the outbox, in answer to the first event.
	unit := pg.NewUnit(other, func(tx *pg.Tx) *pg.Tx { return tx })
	err = unit.RunFor(t.Context(), pg.Cause{Number: submitted.Sequence}, func(context.Context, *pg.Tx) ([]events.Event, error) {
		return []events.Event{events.ContainerRequested{Container: clocker.Container{Application: "shop", UID: accepted.UID, Entity: "x", Generation: 1}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	runtest.Eventually(t, "read what is measured", func() error {
		res, err := http.Get(base + "/metrics")
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		if err == nil && !strings.Contains(string(text), `clocker_hop_seconds_count{hop="want"} 1`) {
			err = errors.New("the hop from submitted to requested is not measured")
		}
		return err
	})
}
