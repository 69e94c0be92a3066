package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/pg"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the goose files of schema imagebuilder.
func Migrations() fs.FS {
	sub, _ := fs.Sub(migrations, "migrations") // fails for an invalid path alone
	return sub
}

// Store is bound to one transaction and is not safe for concurrent use.
type Store struct {
	tx    *pg.Tx
	push  func(clocker.ImageWant)
	wants map[string]*clocker.ImageWant // what each host is told after the commit
}

// New binds a store to a transaction. push is called after its commit, once for each host that is to hear of changes;
// it must not block.
func New(tx *pg.Tx, push func(clocker.ImageWant)) *Store {
	return &Store{tx: tx, push: push, wants: map[string]*clocker.ImageWant{}}
}

// CheckFence makes sure that a role's tenure still holds.
func (s *Store) CheckFence(ctx context.Context, f pg.Fence) error { return s.tx.CheckFence(ctx, f) }

// Application is what api says of an application.
type Application struct {
	UID  string
	ID   string
	Spec clocker.Application
}

// ForApplication loads the images of a submitted application; it is nil when the application is gone or not there.
// Source: api.v_applications, images, requests, provisioner.v_hosts.
func (s *Store) ForApplication(ctx context.Context, uid string, keys []string) (*Application, *Scene, error) {
	app := &Application{UID: uid}
	b := s.batch()
	b.Queue(`select application, spec from api.v_applications where uid = $1 and gone_at is null`, uid).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&app.ID, &app.Spec)
		if errors.Is(err, pgx.ErrNoRows) {
			app = nil
			return nil
		}
		return err
	})
	sc, err := s.load(ctx, b, `i.key = any($1)`, keys)
	if err != nil {
		return nil, nil, fmt.Errorf("load application %s: %w", uid, err)
	}
	return app, sc, nil
}

// ForKeys loads images by key. Source: images, requests, hosts, provisioner.v_hosts.
func (s *Store) ForKeys(ctx context.Context, keys []string) (*Scene, error) {
	sc, err := s.load(ctx, s.batch(), `i.key = any($1)`, keys)
	if err != nil {
		return nil, fmt.Errorf("load images: %w", err)
	}
	return sc, nil
}

// due is true of images that may go on now: parked ones for which a host is ready, and those whose pause is over.
const due = `i.state = 'working' and (i.retry_at <= now() or (i.host = '' and exists (
	select from provisioner.v_hosts v where v.cloud = i.cloud and v.state = 'ready')))`

// ForDue loads the images that may go on now. Source: images, requests, provisioner.v_hosts.
func (s *Store) ForDue(ctx context.Context) (*Scene, error) {
	sc, err := s.load(ctx, s.batch(), due)
	if err != nil {
		return nil, fmt.Errorf("load images that are due: %w", err)
	}
	return sc, nil
}

// batch starts with the lock that every writer takes first.
func (s *Store) batch() *pgx.Batch {
	b := &pgx.Batch{}
	b.Queue(`select from imagebuilder.gate for update`)
	return b
}

// load adds to the batch what a scene consists of, for the images i that cond selects, and runs it.
func (s *Store) load(ctx context.Context, b *pgx.Batch, cond string, args ...any) (*Scene, error) {
	sc := &Scene{Images: map[string]Image{}, changed: map[string]bool{}}
	b.Queue(`select nextval('imagebuilder.attempts')`).QueryRow(func(row pgx.Row) error { return row.Scan(&sc.attempt) })
	b.Queue(`
		select key, source, state, cloud, host, attempt, tries, image, reference, size, reason, tail,
		  case when retry_at is null then 0 else greatest(extract(epoch from retry_at - now()) * 1000000, 1) end::bigint
		from images i where `+cond, args...).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var i Image
			var pause int64
			err := rows.Scan(&i.Key, &i.Source, &i.State, &i.Cloud, &i.Host, &i.Attempt, &i.Tries, &i.ID, &i.Reference,
				&i.Size, &i.Reason, &i.Tail, &pause)
			if err != nil {
				return err
			}
			i.Pause = time.Duration(pause) * time.Microsecond
			sc.Images[i.Key] = i
		}
		return rows.Err()
	})
	b.Queue(`
		select r.uid, r.application, r.key, r.told, r.cause, r.trace from requests r join images i on i.key = r.key
		where `+cond+` order by r.asked_at, r.uid, r.key`, args...).Query(func(rows pgx.Rows) (err error) {
		sc.Requests, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Request])
		return err
	})
	b.Queue(`
		select v.host, v.cloud, v.state = 'ready', v.epoch, coalesce(h.epoch, 0), coalesce(h.counter, 0)
		from provisioner.v_hosts v left join hosts h on h.host = v.host order by v.host`).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var h Host
			if err := rows.Scan(&h.Name, &h.Cloud, &h.Ready, &h.Epoch, &h.CounterEpoch, &h.Counter); err != nil {
				return err
			}
			sc.Hosts = append(sc.Hosts, h)
		}
		return rows.Err()
	})
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	return sc, nil
}
