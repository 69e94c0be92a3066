package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
	"clocker.io/services/policy/internal/watch"

	"github.com/jackc/pgx/v5"
)

// Reader reads without locks, each method one state of the database. It is safe for concurrent use.
type Reader struct{ DB *pg.DB }

// batchRows is how many assignments are read at once: a host has a few as a rule, and each may be of 64 KiB.
const batchRows = 16

// Run gives the assignments of a host with revisions above after, in their order and at most size bytes of them, though at
// least one; Next says where the rest begins. It answers clocker.NotFound for a host that is not registered. Source:
// assignments, hosts; provisioner.v_hosts.
func (r Reader) Run(ctx context.Context, host string, after int64, size int) (clocker.RunWant, error) {
	w := clocker.RunWant{Host: host, Previous: after, Assignments: []clocker.Assignment{}}
	known := false
	err := r.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`
			select coalesce(v.epoch, 0), coalesce(h.revision, 0)
			from provisioner.v_hosts v left join hosts h on h.host = v.host where v.host = $1`, host).Query(func(q pgx.Rows) error {
			for q.Next() {
				known = true
				if err := q.Scan(&w.Epoch, &w.Revision); err != nil {
					return err
				}
			}
			return q.Err()
		})
		p := page{host: host, after: after, room: size}
		p.queue(b)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		for p.more && !p.full {
			b = &pgx.Batch{}
			p.queue(b)
			if err := tx.SendBatch(ctx, b).Close(); err != nil {
				return err
			}
		}
		w.Assignments = append(w.Assignments, p.list...)
		if p.full {
			w.Revision, w.Next = p.after, &clocker.Page{After: p.after}
		}
		return nil
	})
	if err != nil {
		return w, fmt.Errorf("read assignments of host %s: %w", host, err)
	}
	if !known {
		return w, &clocker.Error{Code: clocker.NotFound, Message: fmt.Sprintf("host %s is not registered", host)}
	}
	return w, nil
}

// page is the assignments of a host after a revision, as far as there is room for them.
type page struct {
	host  string
	after int64 // revision of the last one in the list
	room  int   // bytes
	list  []clocker.Assignment
	more  bool // the last batch was a full one
	full  bool // the next one is not in the list
}

// queue reads the next batch.
func (p *page) queue(b *pgx.Batch) {
	b.Queue(`
		select s.uid, a.application, s.entity, s.ordinal, s.generation, s.revision, s.desired, s.body
		from assignments s join applications a using (uid)
		where s.host = $1 and s.revision > $2 order by s.revision limit $3`, p.host, p.after, batchRows).Query(func(q pgx.Rows) error {
		n := 0
		for ; q.Next() && !p.full; n++ {
			var c clocker.Container
			var revision int64
			var desired clocker.Desired
			var body []byte
			if err := q.Scan(&c.UID, &c.Application, &c.Entity, &c.Ordinal, &c.Generation, &revision, &desired, &body); err != nil {
				return err
			}
			var s clocker.Assignment
			if err := json.Unmarshal(body, &s); err != nil {
				return fmt.Errorf("read assignment: %w", err)
			}
			s.Container, s.Revision, s.Desired = c, revision, desired
			if err := p.add(s); err != nil {
				return err
			}
		}
		p.more = n == batchRows
		return q.Err()
	})
}

// add takes one if there is room, as large as it is in a message: what is kept is shorter.
func (p *page) add(s clocker.Assignment) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode the assignment of %s: %w", s.Path(), err)
	}
	if p.full = len(p.list) > 0 && len(text) > p.room; p.full {
		return nil
	}
	p.list, p.after, p.room = append(p.list, s), s.Revision, p.room-len(text)
	return nil
}

// Owners lists the identities whose volumes must live: wanted ones, and those still on the way back. Source: containers,
// withdrawals.
func (r Reader) Owners(ctx context.Context) ([]string, error) {
	var out []string
	err := r.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q, err := tx.Query(ctx, `
			select uid, entity, ordinal from containers where phase <> 'gone'
			union
			select uid, entity, ordinal from withdrawals
			order by 1, 2, 3`)
		if err != nil {
			return err
		}
		var k clocker.Key
		_, err = pgx.ForEachRow(q, []any{&k.UID, &k.Entity, &k.Ordinal}, func() error {
			out = append(out, k.String())
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read container identities: %w", err)
	}
	return out, nil
}

// Revisions gives the present revision of every host with assignments.
func (r Reader) Revisions(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	err := r.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q, err := tx.Query(ctx, `select host, revision from hosts`)
		if err != nil {
			return err
		}
		var host string
		var revision int64
		_, err = pgx.ForEachRow(q, []any{&host, &revision}, func() error {
			out[host] = revision
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	return out, nil
}

// stagesMost bounds one look of the watchdog; the oldest come first, so the rest has its turn later.
const stagesMost = 2000

// Stages gives the generations that somebody should still act on and that have been where they are for at least age.
func (r Reader) Stages(ctx context.Context, age time.Duration) ([]watch.Stage, error) {
	var out []watch.Stage
	err := r.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q, err := tx.Query(ctx, `
			select uid, application, entity, ordinal, generation, stage, coalesce(reason, ''), now() - since
			from v_stages
			where standing not in ('healthy', 'gone') and stage not in ('unhealthy', 'finished', 'failed')
			  and since < now() - $1::interval
			order by since limit $2`, age, stagesMost)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(q, func(row pgx.CollectableRow) (s watch.Stage, err error) {
			c := &s.Container
			return s, row.Scan(&c.UID, &c.Application, &c.Entity, &c.Ordinal, &c.Generation, &s.Stage, &s.Reason, &s.Age)
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read stages: %w", err)
	}
	return out, nil
}

// Unsettled lists the applications that a round of reconciling should look at: those with containers that policy itself
// may hold up, and those that api no longer has. Source: containers, applications; api.v_applications.
func (r Reader) Unsettled(ctx context.Context) ([]string, error) {
	var out []string
	err := r.DB.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q, err := tx.Query(ctx, `
			select distinct uid from containers
			where standing in ('queued', 'returning', 'ended', 'addressed', 'failed', 'ending')
			union
			select uid from operations where outcome = ''
			union
			select a.uid from applications a join api.v_applications v on v.uid = a.uid
			where a.known and not a.withdrawn and v.gone_at is not null
			order by 1`)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(q, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read unsettled applications: %w", err)
	}
	return out, nil
}
