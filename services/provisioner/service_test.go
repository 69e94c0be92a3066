package provisioner_test

import (
	"context"
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
		Metrics: prometheus.NewRegistry(), Env: func(key, fallback string) string {
			if key == "CLOCKER_DATABASE_URL" {
				return pgtest.OwnerURL(t, db)
			}
			return fallback
		}}
	s, err := provisioner.New(p)
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

	register := func(token string) (r clocker.Registered, err error) {
		ask := clocker.Ask{Kind: clocker.AskRegister, Host: "localhost",
			Register: &clocker.Registration{Token: token, Address: "192.0.2.1", Engine: clocker.Engine{ID: "E1"}}}
		err = agent.Request(t.Context(), clocker.SubjectAsk+"localhost", ask, &r)
		return r, err
	}
	eventually(t, func() bool { r, err := register("secret"); return err == nil && r.Wait })
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
	eventually(t, func() bool { r, err := register("secret"); return err == nil && r.Epoch > 0 })
	row := pgtest.Query(t, db, `select epoch from provisioner.v_hosts`)[0]
	var reply clocker.FactReply
	err = agent.Request(t.Context(), clocker.SubjectFact+"localhost", clocker.FactBatch{Host: "localhost", Epoch: row["epoch"].(int64),
		Noun: "host", Facts: []clocker.Fact{{Counter: 1, Kind: clocker.FactReconciled}}}, &reply)
	if err != nil || len(reply.Refused) > 0 {
		t.Fatalf("refused %v, %v", reply.Refused, err)
	}
	eventually(t, func() bool {
		rows := pgtest.Query(t, db, `select number from events.events where topic = 'host.ready' and host = 'localhost'`)
		return len(rows) == 1
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
