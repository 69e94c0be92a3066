package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"clocker.io/pkg/clocker"
)

// Due reports whether ForDue would find something, and lists how far all hosts have come that were ever told something.
// It takes no lock. Source: images, hosts, provisioner.v_hosts.
func (s *Store) Due(ctx context.Context) (is bool, revisions []Revision, err error) {
	b := &pgx.Batch{}
	b.Queue(`select exists (select from images i where ` + due + `)`).QueryRow(func(row pgx.Row) error { return row.Scan(&is) })
	b.Queue(`
		select h.host, h.revision, v.epoch from hosts h join provisioner.v_hosts v on v.host = h.host order by h.host`).
		Query(func(rows pgx.Rows) (err error) {
			revisions, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Revision])
			return err
		})
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return false, nil, fmt.Errorf("look for images that are due: %w", err)
	}
	return is, revisions, nil
}

// jobsRows bounds a page of jobs.
const jobsRows = 200

// PageBytes is how many bytes of jobs go into a message, or one job. One whose image is made has its Dockerfile in it, of
// 64 KiB at most.
const PageBytes = 1 << 20

// Jobs is a page of the complete list of a host and its present epoch, 0 when it has none: jobs in the order of their
// revisions and keys. Source: images, hosts, provisioner.v_hosts.
func (s *Store) Jobs(ctx context.Context, host string, at clocker.Page) (clocker.ImageWant, error) {
	w := clocker.ImageWant{Host: host, Previous: at.After, Jobs: []clocker.ImageJob{}}
	b := &pgx.Batch{}
	b.Queue(`
		select coalesce((select epoch from provisioner.v_hosts where host = $1), 0),
		  coalesce((select revision from hosts where host = $1), 0)`, host).QueryRow(func(row pgx.Row) error {
		return row.Scan(&w.Epoch, &w.Revision)
	})
	b.Queue(`
		select key, source, state, attempt, retry_at is not null, revision from images
		where host = $1 and (revision, key collate "C") > ($2, $3) order by revision, key collate "C" limit $4`,
		host, at.After, at.Key, jobsRows).Query(func(rows pgx.Rows) error { return takePage(rows, &w) })
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return clocker.ImageWant{}, fmt.Errorf("list images of host %s: %w", host, err)
	}
	if w.Next != nil {
		w.Revision = w.Next.After
	}
	w.Complete = at == clocker.Page{} && w.Next == nil
	return w, nil
}

// takePage takes as many jobs as there is room for, though at least one, and notes where the rest may begin.
func takePage(rows pgx.Rows, w *clocker.ImageWant) error {
	full := false
	for bytes := 0; !full && rows.Next(); full = full || len(w.Jobs) == jobsRows {
		var i Image
		var paused bool
		var revision int64
		if err := rows.Scan(&i.Key, &i.Source, &i.State, &i.Attempt, &paused, &revision); err != nil {
			return err
		}
		if paused {
			i.Pause = time.Nanosecond // how long does not show in a job
		}
		j := i.Job(revision)
		text, err := json.Marshal(j)
		if err != nil {
			return fmt.Errorf("encode the job of image %s: %w", j.Key, err)
		}
		bytes += len(text)
		if full = len(w.Jobs) > 0 && bytes > PageBytes; !full {
			w.Jobs = append(w.Jobs, j)
		}
	}
	if full {
		last := w.Jobs[len(w.Jobs)-1]
		w.Next = &clocker.Page{After: last.Revision, Key: last.Key}
	}
	return rows.Err()
}

// Chunk is a part of the context of an image that a host works on, at most size bytes from offset; clocker.NotFound
// when it works on none with that context, or api has it no more. Source: images, api.v_contexts.
func (s *Store) Chunk(ctx context.Context, host string, r clocker.ContextRange, size int) (clocker.ContextChunk, error) {
	var c clocker.ContextChunk
	err := s.tx.QueryRow(ctx, `
		select substring(data from ($3::bigint + 1)::int for $4::int), length(data)
		from api.v_contexts where digest = $2
		  and exists (select from images where host = $1 and source ->> 'context' = $2)`,
		host, r.Digest, r.Offset, size).Scan(&c.Data, &c.Total)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, &clocker.Error{Code: clocker.NotFound, Message: fmt.Sprintf("no image for host %s is built from context %s", host, r.Digest)}
	}
	if err != nil {
		return c, fmt.Errorf("read context: %w", err)
	}
	return c, nil
}

// Revision is how far a host's list has come, and its present epoch.
type Revision struct {
	Host     string
	Revision int64
	Epoch    int64
}
