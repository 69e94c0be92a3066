// Package pipeline measures the road of events: from a service's transaction over the outbox, the sequencer and the
// stream to a consumer that handles each once.
package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing/fstest"
	"time"

	"clocker.io/pkg/bus"
	"clocker.io/pkg/bus/access"
	"clocker.io/pkg/bus/embed"
	"clocker.io/pkg/bus/rights"
	"clocker.io/pkg/pg"
	"clocker.io/pkg/pg/server"
)

// service is whose role, rights and schema the benchmark has.
const service = "policy"

// schema is a service's part of the database: what its consumer makes of the events.
var schema = pg.Schema{Name: service, Migrations: fstest.MapFS{"00001_seen.sql": {Data: []byte(`
-- +goose Up
create table policy.seen (number bigint primary key, uid text not null, host text not null);
`)}}}

// world is a Postgres that syncs, a NATS, and a service on them.
type world struct {
	dir      string
	postgres *server.Server
	nats     *embed.Server
	conn     *bus.Conn
	db       *pg.DB
	unit     *pg.Unit[*pg.Tx]
	life     context.Context
	stop     context.CancelFunc
	running  sync.WaitGroup
}

// start makes a world on a directory of its own; always has the stream synced with every batch.
func start(ctx context.Context, always bool) (_ *world, err error) {
	w := &world{}
	w.life, w.stop = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.dir, err = os.MkdirTemp("", "clocker-bench-"); err != nil {
		return nil, err
	}
	if err := os.Chmod(w.dir, 0o711); err != nil { // Postgres runs under an account of its own
		return nil, err
	}
	binaries, err := server.Find()
	if err != nil {
		return nil, err
	}
	w.postgres, err = server.Start(ctx, server.Config{Binaries: binaries, Dir: filepath.Join(w.dir, "pg"), Fsync: true})
	if err != nil {
		return nil, err
	}
	url := w.postgres.URL("postgres")
	if err := pg.Migrate(ctx, url, schema); err != nil {
		return nil, err
	}
	auth := filepath.Join(w.dir, "auth")
	if err := access.Make(auth); err != nil {
		return nil, err
	}
	w.nats, err = embed.Start(embed.Config{Dir: filepath.Join(w.dir, "nats"), Auth: auth, SyncAlways: always})
	if err != nil {
		return nil, err
	}
	w.conn, err = bus.Connect(bus.Options{Name: "bench", InProcess: w.nats, Credentials: access.File(auth, service),
		Sequencer: access.File(auth, rights.Sequencer)})
	if err != nil {
		return nil, err
	}
	if w.db, err = pg.Open(pg.Config{URL: url, Role: service, Poke: w.conn.Poke}); err != nil {
		return nil, err
	}
	w.unit = pg.NewUnit(w.db, func(tx *pg.Tx) *pg.Tx { return tx })
	return w, nil
}

// run has the service run: sequencer, floor, and a consumer that calls seen after each commit.
func (w *world) run(seen func(number int64, arrived time.Time)) {
	w.spawn(func(ctx context.Context) error { return w.db.Sequence(ctx, w.conn.Stream()) })
	w.consume(seen)
}

func (w *world) consume(seen func(number int64, arrived time.Time)) {
	consumer := bus.Consume(service, w.unit, bus.On(handler(seen)))
	w.spawn(func(ctx context.Context) error {
		return w.db.Floors(ctx, consumer.Name, consumer.Topics, consumer.Fill)
	})
	w.spawn(func(ctx context.Context) error { return consumer.Run(ctx, w.conn) })
}

// spawn runs a loop until the world ends.
func (w *world) spawn(loop func(context.Context) error) {
	w.running.Go(func() { _ = loop(w.life) })
}

// check makes sure that what was measured is what was meant: every event once, in the log and in the projection.
func (w *world) check(ctx context.Context, want int64) error {
	return w.db.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		var head, logged, seen int64
		err := tx.QueryRow(ctx, `select (select number from events.head), (select count(*) from events.events),
			(select count(*) from policy.seen)`).Scan(&head, &logged, &seen)
		if err == nil && (head != want || logged != want || seen != want) {
			err = fmt.Errorf("stated %d events; the last has number %d, the log holds %d, the consumer did %d", want, head, logged, seen)
		}
		return err
	})
}

func (w *world) close() {
	w.stop()
	w.running.Wait()
	if w.conn != nil {
		w.conn.Close()
	}
	if w.db != nil {
		w.db.Close()
	}
	if w.nats != nil {
		w.nats.Stop()
	}
	if w.postgres != nil {
		_ = w.postgres.Stop(context.Background())
	}
	_ = os.RemoveAll(w.dir)
}
