package imagebuilder_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"clocker.io/pkg/bus/bustest"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
	"clocker.io/pkg/run"
	"clocker.io/services/imagebuilder"
)

// The whole service over a real bus and database: an application as a published event, the job as an agent asks for
// it, and the image.
func TestService(t *testing.T) {
	t.Parallel()
	server := bustest.Server(t)
	agent := bustest.Host(t, server)
	db := pgtest.Open(t, "imagebuilder", imagebuilder.Schema)
	p := run.Platform{Name: "imagebuilder", Log: slog.New(slog.DiscardHandler), Now: time.Now, Bus: bustest.As(t, server, "imagebuilder"), Data: t.TempDir(),
		Metrics: prometheus.NewRegistry(), Env: func(key, fallback string) string {
			if key == "CLOCKER_DATABASE_URL" {
				return pgtest.OwnerURL(t, db)
			}
			return fallback
		}}
	s, err := imagebuilder.New(p)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run.Run(ctx, p, s) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the service ended with %v", err)
		}
	}()

	source := clocker.ImageSource{Reference: "docker.io/library/redis:7"}
	pgtest.Exec(t, db, `insert into provisioner.v_hosts (host, cloud, state, epoch) values ('localhost', 'c', 'ready', 1)`)
	pgtest.Exec(t, db, `insert into api.v_applications (uid, application, spec) values ('u1', 'shop', $1)`,
		`{"id": "shop", "cloud": "c", "entities": [{"id": "store", "image": {"reference": "docker.io/library/redis:7"}}]}`)
	err = pg.NewUnit(db, func(tx *pg.Tx) *pg.Tx { return tx }).Run(t.Context(), func(context.Context, *pg.Tx) ([]events.Event, error) {
		return []events.Event{events.ApplicationSubmitted{Application: "shop", UID: "u1",
			Entities: []events.SubmittedEntity{{Entity: "store", Size: 1, Image: source.Key()}}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var want clocker.ImageWant
	eventually(t, func() bool {
		err := agent.Request(t.Context(), clocker.SubjectAsk+"localhost", clocker.Ask{Kind: clocker.AskImages, Host: "localhost", Epoch: 1}, &want)
		return err == nil && len(want.Jobs) == 1
	})
	var reply clocker.FactReply
	err = agent.Request(t.Context(), clocker.SubjectFact+"localhost", clocker.FactBatch{Host: "localhost", Epoch: 1, Noun: "image",
		Facts: []clocker.Fact{{Counter: 1, Kind: clocker.FactImageReady,
			Image: &clocker.ImageFact{Key: source.Key(), Attempt: want.Jobs[0].Attempt, Image: "sha256:1"}}}}, &reply)
	if err != nil || len(reply.Refused) > 0 {
		t.Fatalf("refused %v, %v", reply.Refused, err)
	}
	eventually(t, func() bool {
		return len(pgtest.Query(t, db, `select number from events.events where topic = 'image.ready'`)) == 1
	})
}

func eventually(t *testing.T, try func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !try() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it did not come")
		}
	}
}
