package provisioner_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
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
	"clocker.io/services/provisioner"
)

// The whole service over a real bus and database: an agent's offer, a shortage as a published event, and the host.
func TestService(t *testing.T) {
	t.Parallel()
	server := bustest.Server(t)
	agent := bustest.Host(t, server)
	db := pgtest.Open(t, "provisioner", provisioner.Schema)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "join-token"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := run.Platform{Name: "provisioner", Log: slog.New(slog.DiscardHandler), Now: time.Now, Bus: bustest.As(t, server, "provisioner"), Data: dir,
		Metrics: prometheus.NewRegistry(), Env: runtest.Env(map[string]string{"CLOCKER_DATABASE_URL": pgtest.OwnerURL(t, db)})}
	s, err := provisioner.New(p)
	if err != nil {
		t.Fatal(err)
	}
	runtest.Start(t, p, s)

	register := func(token string) (r clocker.Registered, err error) {
		ask := clocker.Ask{Kind: clocker.AskRegister, Host: "localhost",
			Register: &clocker.Registration{Token: token, Address: "192.0.2.1", Engine: clocker.Engine{ID: "E1"}}}
		err = agent.Request(t.Context(), clocker.SubjectAsk+"localhost", ask, &r)
		return r, err
	}
	runtest.Eventually(t, "offer the host", func() error {
		r, err := register("secret")
		if err == nil && !r.Wait {
			err = fmt.Errorf("got %+v", r)
		}
		return err
	})
	if _, err := register("guess"); clocker.CodeOf(err) != clocker.Denied {
		t.Errorf("a wrong token: %v", err)
	}

	pgtest.Exec(t, db, `insert into scheduler.v_shortages values ('my-docker-cloud', 1, 'no host', now())`)
	unit := pg.NewUnit(db, func(tx *pg.Tx) *pg.Tx { return tx })
	err = unit.Run(t.Context(), func(context.Context, *pg.Tx) ([]events.Event, error) {
		return []events.Event{events.HostNeeded{Cloud: "my-docker-cloud", Reason: "no host"}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	runtest.Eventually(t, "register the host", func() error {
		r, err := register("secret")
		if err == nil && r.Epoch == 0 {
			err = fmt.Errorf("got %+v", r)
		}
		return err
	})
	row := pgtest.Query(t, db, `select epoch from provisioner.v_hosts`)[0]
	var reply clocker.FactReply
	err = agent.Request(t.Context(), clocker.SubjectFact+"localhost", clocker.FactBatch{Host: "localhost", Epoch: row["epoch"].(int64),
		Noun: "host", Facts: []clocker.Fact{{Counter: 1, Kind: clocker.FactReconciled}}}, &reply)
	if err != nil || len(reply.Refused) > 0 {
		t.Fatalf("refused %v, %v", reply.Refused, err)
	}
	runtest.Eventually(t, "number the event", func() error {
		if n := len(pgtest.Query(t, db, `select number from events.events where topic = 'host.ready' and host = 'localhost'`)); n != 1 {
			return fmt.Errorf("there are %d", n)
		}
		return nil
	})
}
