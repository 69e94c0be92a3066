package store

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/services/provisioner/internal/life"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the goose files of schema provisioner.
func Migrations() fs.FS {
	sub, _ := fs.Sub(migrations, "migrations") // fails for an invalid path alone
	return sub
}

// Store is bound to one transaction and is not safe for concurrent use.
type Store struct {
	tx *pg.Tx
}

// New binds a store to a transaction.
func New(tx *pg.Tx) *Store { return &Store{tx: tx} }

// AfterCommit lets fn run once the transaction has committed; it must not block.
func (s *Store) AfterCommit(fn func()) { s.tx.AfterCommit(fn) }

// CheckFence makes sure that a role's tenure still holds.
func (s *Store) CheckFence(ctx context.Context, f pg.Fence) error { return s.tx.CheckFence(ctx, f) }

// Cloud is a cloud as it is set up.
type Cloud struct {
	Name          string
	Location      string
	Provider      string
	MaxHosts      int
	MaxContainers int
	Strategies    []clocker.Strategy
}

// Seed makes a cloud and its location if they are not there. One that is there stays as it is: its settings are those that
// users gave it. Source: locations, clouds.
func (s *Store) Seed(ctx context.Context, c Cloud) error {
	strategies, err := json.Marshal(c.Strategies)
	if err != nil {
		return fmt.Errorf("seed cloud: %w", err)
	}
	var b pgx.Batch
	b.Queue(`insert into locations (location, provider) values ($1, $2) on conflict do nothing`, c.Location, c.Provider)
	b.Queue(`
		insert into clouds (cloud, location, max_hosts, max_containers, strategies)
		select $1, $2, $3, $4, $5 where not exists (select from clouds)
		on conflict do nothing`,
		c.Name, c.Location, c.MaxHosts, c.MaxContainers, strategies)
	if err := s.tx.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("seed cloud: %w", err)
	}
	return nil
}

// Need notes that a cloud needs a host, and which event said so; false when there is no such cloud. Source: clouds.
func (s *Store) Need(ctx context.Context, cloud string, c pg.Cause) (bool, error) {
	tag, err := s.tx.Exec(ctx, `
		update clouds set needed_at = now(), cause = $2, trace = $3, answered = '' where cloud = $1`, cloud, c.Number, c.Trace)
	if err != nil {
		return false, fmt.Errorf("note need: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// Answer notes the failure that was stated for a cloud's shortage. Source: clouds.
func (s *Store) Answer(ctx context.Context, cloud, reason string) error {
	if _, err := s.tx.Exec(ctx, `update clouds set answered = $2 where cloud = $1`, cloud, reason); err != nil {
		return fmt.Errorf("note answer: %w", err)
	}
	return nil
}

// Host is a host's row.
type Host struct {
	Name     string
	Cloud    string
	Location string
	Address  string
	Life     life.Host
	Capacity clocker.Capacity
	Engine   clocker.Engine
	Changed  time.Time // when it came to its state, by the database's clock
	Cordoned bool
	// CordonNumber is that of the request that last said so.
	CordonNumber int64
}

const hostColumns = `host, cloud, location, address, state, epoch, reason, memory, cores, engine, changed_at, cordoned, cordon_number`

func scanHost(row pgx.CollectableRow) (h Host, err error) {
	err = row.Scan(&h.Name, &h.Cloud, &h.Location, &h.Address, &h.Life.State, &h.Life.Epoch, &h.Life.Reason,
		&h.Capacity.Memory, &h.Capacity.Cores, &h.Engine, &h.Changed, &h.Cordoned, &h.CordonNumber)
	return h, err
}

// Lock gives a host's row and keeps it to the end of the transaction; false when there is none. Source: hosts.
func (s *Store) Lock(ctx context.Context, host string) (Host, bool, error) {
	rows, err := s.tx.Query(ctx, `select `+hostColumns+` from hosts where host = $1 for update`, host)
	if err != nil {
		return Host{}, false, fmt.Errorf("lock host: %w", err)
	}
	h, err := pgx.CollectExactlyOneRow(rows, scanHost)
	if errors.Is(err, pgx.ErrNoRows) {
		return Host{}, false, nil
	}
	if err != nil {
		return Host{}, false, fmt.Errorf("lock host: %w", err)
	}
	return h, true, nil
}

// Save writes what may change in a host's row. A host that becomes ready answers its cloud's need. Source: hosts,
// clouds.
func (s *Store) Save(ctx context.Context, h Host) error {
	var b pgx.Batch
	b.Queue(`
		update hosts set address = $2, state = $3, epoch = $4, reason = $5, memory = $6, cores = $7, engine = $8,
		  changed_at = case when state = $3 and epoch = $4 then changed_at else now() end,
		  ready_at = case when state <> $3 and $3 = 'ready' then now() else ready_at end,
		  last_seen = case when $3 in ('ready', 'provisioning') then now() else last_seen end
		where host = $1`, h.Name, h.Address, h.Life.State, h.Life.Epoch, h.Life.Reason, h.Capacity.Memory,
		h.Capacity.Cores, h.Engine)
	if h.Life.State == clocker.HostReadyState {
		b.Queue(`update clouds set needed_at = null, answered = '' where cloud = $1`, h.Cloud)
	}
	if err := s.tx.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("save host: %w", err)
	}
	return nil
}

// Cordon notes whether a host takes new containers, and which request said so. Source: hosts.
func (s *Store) Cordon(ctx context.Context, host string, cordoned bool, number int64) error {
	if _, err := s.tx.Exec(ctx, `update hosts set cordoned = $2, cordon_number = $3 where host = $1`, host, cordoned, number); err != nil {
		return fmt.Errorf("cordon host: %w", err)
	}
	return nil
}
