package pg_test

import (
	"context"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/pgtest"
)

// ledger is a service's schema for these tests: it writes down what it saw.
var ledger = pg.Schema{Name: "ipam", Migrations: fstest.MapFS{"00001_seen.sql": {Data: []byte(`
-- +goose Up
create table ipam.seen (number bigint, name text);
create view ipam.v_seen as select * from ipam.seen;
`)}}}

type store struct{ *pg.Tx }

func (s store) see(ctx context.Context, name string) error {
	_, err := s.Exec(ctx, `insert into ipam.seen (name) values ($1)`, name)
	return err
}

func bind(tx *pg.Tx) store { return store{tx} }

func submitted(name string) events.ApplicationSubmitted {
	return events.ApplicationSubmitted{Application: name, UID: "u-" + name}
}

// state has a service state a fact.
func state(t *testing.T, u *pg.Unit[store], facts ...events.Event) {
	t.Helper()
	err := u.Run(t.Context(), func(context.Context, store) ([]events.Event, error) { return facts, nil })
	if err != nil {
		t.Fatal(err)
	}
}

// sequence runs sequencers as services do, and returns what a consumer of all submissions sees.
func sequence(t *testing.T, conn *bus.Conn, dbs ...*pg.DB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, db := range dbs {
		running.Go(func() { _ = db.Sequence(ctx, conn.Stream()) })
	}
	t.Cleanup(func() { cancel(); running.Wait() })
}

// consume counts what a service handles until it has seen n events; it returns their numbers in order.
func consume(t *testing.T, conn *bus.Conn, u *pg.Unit[store], n int) []int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var numbers []int64
	got := make(chan int64, 10_000)
	c := bus.Consume("ipam", u, bus.On(func(ctx context.Context, s store, e bus.Received[events.ApplicationSubmitted]) ([]events.Event, error) {
		s.AfterCommit(func() { got <- e.Number })
		return nil, s.see(ctx, e.Event.Application)
	}))
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, conn) }()
	for len(numbers) < n {
		select {
		case k := <-got:
			numbers = append(numbers, k)
		case err := <-done:
			t.Fatalf("consumer ended after %d of %d events: %v", len(numbers), n, err)
		}
	}
	cancel()
	<-done
	return numbers
}

// verify walks the log as an auditor does.
func verify(t *testing.T, db *pg.DB, want int) {
	t.Helper()
	hash := events.Genesis()
	rows := pgtest.Query(t, db, `select number, id::text, topic, source, subject, application, host, cause, trace, time, data, hash from events.events order by number`)
	if len(rows) != want {
		t.Errorf("the log holds %d events, want %d", len(rows), want)
	}
	for i, r := range rows {
		rec := events.Record{Number: r["number"].(int64), ID: r["id"].(string), Topic: r["topic"].(string), Source: r["source"].(string),
			Subject: r["subject"].(string), Application: r["application"].(string), Host: r["host"].(string), Cause: r["cause"].(int64),
			Trace: r["trace"].(string), Time: r["time"].(time.Time), Data: r["data"].([]byte)}
		hash = events.Link(hash, rec)
		if rec.Number != int64(i+1) || string(hash) != string(r["hash"].([]byte)) {
			t.Fatalf("event %d: number %d, hash does not link", i+1, rec.Number)
		}
	}
}
