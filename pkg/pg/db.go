package pg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/trace"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// Config says which database, as whom.
type Config struct {
	URL  string // of a user that may take Role, or is it
	Role string // the service's name; its Postgres role is clocker_<name> and its schema <name>
	// Migrations are those of its schema: Ready and Wait want the version that they lead to. Nil asks for no version of it.
	Migrations fs.FS
	// PasswordFile holds the password of the URL's user; it is read at each connection. Empty means that URL has it, or
	// that none is asked for.
	PasswordFile string
	Log          *slog.Logger
	Poke         func() // called after a commit that put rows into the outbox; must not block
	// Connections is the pool's size; 0 means 8.
	Connections int32
	Retention   time.Duration         // how long events are kept; 0 is for ever
	Metrics     prometheus.Registerer // nil for none
	Tracer      *trace.Tracer         // nil for none
	// Scrub is how often the whole stream is compared with the log; 0 means an hour.
	Scrub time.Duration
	// Patience is how long a consumer may stand still at an event before it is taken from the log; 0 means 10 s.
	Patience time.Duration
}

// beginTime is how long a transaction waits for its beginning: for a connection, and for the first word of the database.
// One that hangs, or that a broken network hides, looks to whoever asks like one that is not there.
const beginTime = 10 * time.Second

// idleInTransaction is how long a transaction may wait for its process before Postgres ends it. A process that was
// stopped in the middle of one would hold its locks for ever, and with them a lease that is over; twice the term is far
// above what a busy machine keeps a living process waiting.
const idleInTransaction = 2 * leaseTerm

// idleConnection is how long a connection that is not needed any more is kept: each is a process of Postgres, with a
// memory of its own.
const idleConnection = time.Minute

// idleUnasked is how long an idle connection is believed to be alive. Loops that look every second would otherwise ask
// twice for each answer; whoever meets a connection that was cut tries again.
const idleUnasked = 5 * time.Second

// DB is a pool of connections that all act as one service's role. It is safe for concurrent use.
type DB struct {
	cfg     Config
	pool    *pgxpool.Pool
	metrics metrics
	knows   map[string]int64 // the version of each schema that this program was written for
}

// RoleName is the Postgres role of a service.
func RoleName(service string) string { return "clocker_" + service }

// Open checks the configuration and makes the pool. It does no I/O: a database that is down is waited for by Wait and
// reported by Ready.
func Open(cfg Config) (*DB, error) {
	if cfg.URL == "" {
		return nil, errors.New("open database: no URL; set CLOCKER_DATABASE_URL")
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Poke == nil {
		cfg.Poke = func() {}
	}
	knows, err := known(cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	pool, err := newPool(cfg, cfg.Role, cfg.Connections)
	if err != nil {
		return nil, err
	}
	if cfg.Metrics != nil {
		if err := cfg.Metrics.Register(newPoolMetrics(pool)); err != nil {
			pool.Close()
			return nil, fmt.Errorf("open database: %w", err)
		}
	}
	return &DB{cfg: cfg, pool: pool, metrics: newMetrics(cfg.Metrics), knows: knows}, nil
}

func newPool(cfg Config, role string, size int32) (*pgxpool.Pool, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	pc.MaxConns = 8
	if size > 0 {
		pc.MaxConns = size
	}
	pc.MinConns = 1
	pc.MaxConnIdleTime = idleConnection
	pc.ShouldPing = func(_ context.Context, p pgxpool.ShouldPingParams) bool { return p.IdleDuration > idleUnasked }
	pc.ConnConfig.RuntimeParams["application_name"] = RoleName(role)
	pc.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = strconv.FormatInt(idleInTransaction.Milliseconds(), 10)
	pc.ConnConfig.ConnectTimeout = 5 * time.Second
	pc.BeforeConnect = refresh(cfg)
	pc.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, fmt.Sprintf("set role %s; set search_path = %s, events", RoleName(role), role))
		return err
	}
	return pgxpool.NewWithConfig(context.Background(), pc)
}

// Role is the service whose role this pool acts as.
func (db *DB) Role() string { return db.cfg.Role }

// Close ends all connections; running transactions are rolled back.
func (db *DB) Close() { db.pool.Close() }

// Ready says whether the database answers and has the tables of this version, or why not.
func (db *DB) Ready(ctx context.Context) error { return db.fits(ctx) }

// Wait returns once the database is ready, with ctx's error, or at once when waiting is in vain: a database that is newer
// than this program does not become older.
func (db *DB) Wait(ctx context.Context) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for said := ""; ; {
		err := db.Ready(ctx)
		if err == nil || clocker.CodeOf(err) == clocker.Conflict {
			return err
		}
		if reason := err.Error(); reason != said {
			db.cfg.Log.Info("waiting for the database", "reason", err)
			said = reason
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for database: %w", err)
		case <-tick.C:
		}
	}
}

// Read runs fn in a read-only transaction that sees one state of the database throughout.
func (db *DB) Read(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	opts := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return db.inTx(ctx, opts, fn)
}

// inTx runs fn in a transaction and its AfterCommit functions after the commit. A passing fault of the database comes
// back as clocker.Unavailable.
func (db *DB) inTx(ctx context.Context, opts pgx.TxOptions, fn func(context.Context, *Tx) error) error {
	return fault(db.transact(ctx, opts, fn))
}

func (db *DB) transact(ctx context.Context, opts pgx.TxOptions, fn func(context.Context, *Tx) error) error {
	// The bound is for the beginning alone: nothing of it is left in the transaction.
	beginning, cancel := context.WithTimeout(ctx, beginTime)
	raw, err := db.pool.BeginTx(beginning, opts)
	cancel()
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	tx := &Tx{Tx: raw, db: db}
	// Rolling back after a commit is a no-op; the background context lets it run when ctx has ended.
	defer func() { _ = raw.Rollback(context.WithoutCancel(ctx)) }()
	err = fn(ctx, tx)
	if err == nil {
		tx.flush(ctx)
	}
	if tx.broken != nil {
		return fmt.Errorf("write what was put off: %w", tx.broken)
	}
	if err != nil {
		return err
	}
	if err := raw.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, after := range tx.after {
		after()
	}
	return nil
}
