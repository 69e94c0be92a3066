package store

import (
	"context"
	"encoding/json"
	"fmt"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"

	"github.com/jackc/pgx/v5"
)

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
