package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"clocker.io/pkg/clocker"
)

// Save writes what was changed in a scene and tells the hosts concerned after the commit. Source: hosts, images,
// requests.
func (s *Store) Save(ctx context.Context, sc *Scene) error {
	b := &pgx.Batch{}
	byHost := map[string][]Image{}
	for _, key := range slices.Sorted(maps.Keys(sc.changed)) {
		i := sc.Images[key]
		byHost[i.Host] = append(byHost[i.Host], i)
	}
	revisions := s.raise(b, slices.Sorted(maps.Keys(byHost)))
	for _, host := range slices.Sorted(maps.Keys(byHost)) {
		for _, i := range byHost[host] {
			queueImage(b, i)
		}
	}
	for _, r := range sc.told {
		b.Queue(`
			insert into requests (uid, application, key, told, cause, trace) values ($1, $2, $3, $4, $5, $6)
			on conflict (uid, key) do update set told = excluded.told`, r.UID, r.Application, r.Key, r.Told, r.Cause, r.Trace)
	}
	if b.Len() == 0 {
		return nil
	}
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("save images: %w", err)
	}
	for host, images := range byHost {
		h, ok := sc.Host(host)
		if !ok {
			continue
		}
		jobs := make([]clocker.ImageJob, len(images))
		for n, i := range images {
			jobs[n] = i.Job(*revisions[host])
		}
		s.tell(host, h.Epoch, *revisions[host], jobs)
	}
	sc.changed, sc.told = map[string]bool{}, nil
	return nil
}

func queueImage(b *pgx.Batch, i Image) {
	b.Queue(`
		insert into images (key, source, state, cloud, host, attempt, tries, retry_at, image, reference, size, reason, tail, revision)
		values ($1, $2, $3, $4, $5, $6, $7, case when $8::bigint > 0 then now() + $8::bigint * interval '1 microsecond' end,
		  $9, $10, $11, $12, coalesce($13::jsonb, '[]'), coalesce((select revision from hosts where host = $5), 0))
		on conflict (key) do update set state = excluded.state, cloud = excluded.cloud, host = excluded.host,
		  attempt = excluded.attempt, tries = excluded.tries, retry_at = excluded.retry_at, image = excluded.image,
		  reference = excluded.reference, size = excluded.size, reason = excluded.reason, tail = excluded.tail,
		  revision = excluded.revision, updated_at = now()`,
		i.Key, i.Source, i.State, i.Cloud, i.Host, i.Attempt, i.Tries, i.Pause.Microseconds(), i.ID, i.Reference, i.Size,
		i.Reason, i.Tail)
}

// raise queues the next revision of each host's list; the numbers are there once the batch has run.
func (s *Store) raise(b *pgx.Batch, hosts []string) map[string]*int64 {
	revisions := map[string]*int64{}
	for _, host := range hosts {
		if host == "" {
			continue
		}
		revision := new(int64)
		revisions[host] = revision
		b.Queue(`
			insert into hosts (host, revision) values ($1, 1)
			on conflict (host) do update set revision = hosts.revision + 1 returning revision`, host).
			QueryRow(func(row pgx.Row) error { return row.Scan(revision) })
	}
	return revisions
}

// tell adds to what a host hears after the commit. Several changes in one transaction make one message.
func (s *Store) tell(host string, epoch, revision int64, jobs []clocker.ImageJob) {
	w, ok := s.wants[host]
	if !ok {
		w = &clocker.ImageWant{Host: host, Epoch: epoch, Previous: revision - 1}
		s.wants[host] = w
		s.tx.AfterCommit(func() { s.push(*w) })
	}
	w.Revision = revision
	for _, j := range jobs {
		w.Jobs = slices.DeleteFunc(w.Jobs, func(o clocker.ImageJob) bool { return o.Key == j.Key })
		w.Jobs = append(w.Jobs, j)
	}
}

// Count notes the last fact of a host that was settled. Source: hosts.
func (s *Store) Count(ctx context.Context, host string, epoch, counter int64) error {
	_, err := s.tx.Exec(ctx, `
		insert into hosts (host, epoch, counter) values ($1, $2, $3)
		on conflict (host) do update set epoch = excluded.epoch, counter = excluded.counter`, host, epoch, counter)
	if err != nil {
		return fmt.Errorf("count facts: %w", err)
	}
	return nil
}

// Drop removes the requests of an application, then the images that nobody asks for. Source: requests, images, hosts.
func (s *Store) Drop(ctx context.Context, uid string) error {
	b := s.batch()
	b.Queue(`delete from requests where uid = $1`, uid)
	return s.sweep(ctx, b)
}

// DropGone removes the requests of applications that are gone or that api does not know, then the images that nobody
// asks for. Source: requests, api.v_applications, images, hosts.
func (s *Store) DropGone(ctx context.Context) error {
	b := s.batch()
	b.Queue(`
		delete from requests r
		where not exists (select from api.v_applications a where a.uid = r.uid and a.gone_at is null)`)
	return s.sweep(ctx, b)
}

// sweep runs a batch and removes the images that nobody asks for after it; their hosts are told.
func (s *Store) sweep(ctx context.Context, b *pgx.Batch) error {
	gone := map[string][]clocker.ImageJob{}
	b.Queue(`
		delete from images i where not exists (select from requests r where r.key = i.key)
		returning i.host, i.key, i.attempt`).Query(func(rows pgx.Rows) error {
		var host string
		var j clocker.ImageJob
		_, err := pgx.ForEachRow(rows, []any{&host, &j.Key, &j.Attempt}, func() error {
			j.Done, j.Removed = true, true
			gone[host] = append(gone[host], j)
			return nil
		})
		return err
	})
	epochs := map[string]int64{}
	b.Queue(`select host, epoch from provisioner.v_hosts`).Query(func(rows pgx.Rows) error {
		var host string
		var epoch int64
		_, err := pgx.ForEachRow(rows, []any{&host, &epoch}, func() error { epochs[host] = epoch; return nil })
		return err
	})
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("drop images: %w", err)
	}
	delete(gone, "")
	if len(gone) == 0 {
		return nil
	}
	raise := &pgx.Batch{}
	revisions := s.raise(raise, slices.Sorted(maps.Keys(gone)))
	if err := s.tx.SendBatch(ctx, raise).Close(); err != nil {
		return fmt.Errorf("drop images: %w", err)
	}
	for host, jobs := range gone {
		for n := range jobs {
			jobs[n].Revision = *revisions[host]
		}
		s.tell(host, epochs[host], *revisions[host], jobs)
	}
	return nil
}
