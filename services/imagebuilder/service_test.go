package imagebuilder_test

import (
	"context"
	"fmt"
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
	"clocker.io/pkg/run/runtest"
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
		Metrics: prometheus.NewRegistry(), Env: runtest.Env(map[string]string{"CLOCKER_DATABASE_URL": pgtest.OwnerURL(t, db)})}
	s, err := imagebuilder.New(p)
	if err != nil {
		t.Fatal(err)
	}
	runtest.Start(t, p, s)

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
	runtest.Eventually(t, "ask for the job", func() error {
		err := agent.Request(t.Context(), clocker.SubjectAsk+"localhost", clocker.Ask{Kind: clocker.AskImages, Host: "localhost", Epoch: 1}, &want)
		if err == nil && len(want.Jobs) != 1 {
			err = fmt.Errorf("there are %d", len(want.Jobs))
		}
		return err
	})
	var reply clocker.FactReply
	err = agent.Request(t.Context(), clocker.SubjectFact+"localhost", clocker.FactBatch{Host: "localhost", Epoch: 1, Noun: "image",
		Facts: []clocker.Fact{{Counter: 1, Kind: clocker.FactImageReady,
			Image: &clocker.ImageFact{Key: source.Key(), Attempt: want.Jobs[0].Attempt, Image: "sha256:1"}}}}, &reply)
	if err != nil || len(reply.Refused) > 0 {
		t.Fatalf("refused %v, %v", reply.Refused, err)
	}
	runtest.Eventually(t, "number the event", func() error {
		if n := len(pgtest.Query(t, db, `select number from events.events where topic = 'image.ready'`)); n != 1 {
			return fmt.Errorf("there are %d", n)
		}
		return nil
	})
}
