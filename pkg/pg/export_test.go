package pg

import (
	"context"
	"time"
)

// ReadRetention is the setting's reader.
var ReadRetention = retention

// Prune prunes once, under a tenure of its own.
func (db *DB) Prune(ctx context.Context, keep time.Duration) error {
	pool, err := newPool(db.cfg, Sequencer, 2)
	if err != nil {
		return err
	}
	defer pool.Close()
	owner := &DB{cfg: db.cfg, pool: pool, metrics: db.metrics}
	f, _, err := owner.take(ctx, "retention", time.Now().String())
	if err != nil {
		return err
	}
	defer owner.resign(ctx, f)
	p := &pruner{db: owner, keep: keep}
	for more := true; more && err == nil; {
		more, err = p.step(ctx, f)
	}
	return err
}
