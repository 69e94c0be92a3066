package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/services/scheduler/internal/place"

	"github.com/jackc/pgx/v5"
)

// Parked is a container that no host takes for now.
type Parked struct {
	Request  events.ContainerRequested
	Reason   string
	Refusals []place.Refusal
	Failure  string // why the cloud cannot have another host
	Short    bool   // another host could help
	Since    time.Time
	Own      []Reservation // of its older generations
	Trace    string        // W3C traceparent of what asked for it
	Shape    string        // the same for those that find a place, or none, together
	Said     string        // the same for those of which the same was told
}

// ShapeOf is the shape of a request: all that its place depends on. One whose container holds something already, on hosts
// that differ, is like no other.
func ShapeOf(e events.ContainerRequested, holds bool) string {
	if holds {
		return fmt.Sprintf("%s/%s/%d", e.UID, e.Entity, e.Ordinal)
	}
	return digest(LoadOf(e), e.Ports, e.Strategies, e.Host)
}

// said is what is told of why a container waits. Figures in its reason are left out where there is a count of hosts.
func said(p *Parked) string {
	if len(p.Refusals) == 0 {
		return digest(p.Short, p.Reason)
	}
	kinds := make([]string, len(p.Refusals))
	for i, r := range p.Refusals {
		kinds[i] = fmt.Sprintf("%d %s", r.Hosts, r.Strategy)
	}
	return digest(p.Short, kinds, p.Failure)
}

func digest(parts ...any) string {
	text, err := json.Marshal(parts)
	if err != nil { // numbers, words and lists of them
		panic(err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// parkedColumns is what scanParked takes, from a row p of parked.
const parkedColumns = `p.request, p.reason, p.refusals, p.failure, p.short, p.since, p.trace, p.shape, p.said,
	(select coalesce(jsonb_agg(jsonb_build_object('Generation', r.generation, 'Cloud', r.cloud, 'Host', r.host,
	   'Containers', 1, 'Memory', r.memory, 'Millicores', r.millicores) order by r.generation), '[]')
	 from reservations r where (r.uid, r.entity, r.ordinal) = (p.uid, p.entity, p.ordinal))`

func scanParked(row pgx.CollectableRow) (*Parked, error) {
	var p Parked
	var request []byte
	if err := row.Scan(&request, &p.Reason, &p.Refusals, &p.Failure, &p.Short, &p.Since, &p.Trace, &p.Shape, &p.Said, &p.Own); err != nil {
		return nil, err
	}
	return &p, json.Unmarshal(request, &p.Request)
}

// read sends one query for parked containers. It writes nothing that was collected, so that the order of those who wait stays
// the same while places are given out.
func (s *Store) read(ctx context.Context, sql string, args ...any) (list []*Parked, err error) {
	rows, err := s.tx.Query(ctx, sql, args...)
	if err == nil {
		list, err = pgx.CollectRows(rows, scanParked)
	}
	if err != nil {
		return nil, fmt.Errorf("read who waits: %w", err)
	}
	return list, nil
}

// Waiting gives one container of each shape that waits in a cloud and of each thing that was said to some of it. Each is
// found by a step in an index, however many are alike.
func (s *Store) Waiting(ctx context.Context, cloud string) ([]*Parked, error) {
	if err := s.Flush(ctx); err != nil {
		return nil, err
	}
	return s.read(ctx, `
		with recursive kind as (
		  (select shape, said, uid, entity, ordinal from parked where cloud = $1 order by shape, said limit 1)
		  union all
		  select n.* from kind k, lateral (
		    select shape, said, uid, entity, ordinal from parked
		    where cloud = $1 and (shape, said) > (k.shape, k.said) order by shape, said limit 1) n)
		select `+parkedColumns+` from kind k, lateral (
		  select * from parked p where (p.uid, p.entity, p.ordinal) = (k.uid, k.entity, k.ordinal) offset 0) p`, cloud)
}

// Alike gives all containers of a shape that wait in a cloud and to which the same was said.
func (s *Store) Alike(ctx context.Context, cloud string, as *Parked) ([]*Parked, error) {
	return s.read(ctx, `select `+parkedColumns+` from parked p where cloud = $1 and shape = $2 and said = $3
		order by since, uid, entity, ordinal`, cloud, as.Shape, as.Said)
}

// Turn is a container's turn to be tried among all that wait in its cloud: in which round, and when its application began
// to wait.
type Turn struct {
	*Parked
	round int64
	since time.Time
}

// Next gives those of some shapes whose turns come after another's, at most so many: applications take turns, the one that
// waits longest first; within one, who waits longest first. Turns count all that wait, of other shapes too.
func (s *Store) Next(ctx context.Context, cloud string, shapes []string, after *Turn, most int) ([]Turn, error) {
	round, since, uid := int64(0), time.Time{}, ""
	if after != nil {
		round, since, uid = after.round, after.since, after.Request.UID
	}
	rows, err := s.tx.Query(ctx, `
		with recursive app as (
		  (select uid, since from parked where cloud = $1 order by uid, since limit 1)
		  union all
		  select n.* from app a, lateral (
		    select uid, since from parked where cloud = $1 and uid > a.uid order by uid, since limit 1) n),
		turn as (
		  select q.round, a.since as began, a.uid, q.entity, q.ordinal
		  from app a, lateral (
		    select * from (
		      select entity, ordinal, shape, row_number() over (order by since, entity, ordinal) as round
		      from parked where cloud = $1 and uid = a.uid) w
		    where shape = any($2) and (round, a.since, a.uid) > ($3, $4, $5) limit $6) q
		  order by q.round, a.since, a.uid limit $6)
		select t.round, t.began, `+parkedColumns+` from turn t, lateral (
		  select * from parked p where (p.uid, p.entity, p.ordinal) = (t.uid, t.entity, t.ordinal) offset 0) p
		order by t.round, t.began, t.uid`, cloud, shapes, round, since, uid, most)
	if err != nil {
		return nil, fmt.Errorf("read whose turn it is: %w", err)
	}
	turns, err := pgx.CollectRows(rows, scanTurn)
	if err != nil {
		return nil, fmt.Errorf("read whose turn it is: %w", err)
	}
	return turns, nil
}

func scanTurn(row pgx.CollectableRow) (t Turn, err error) {
	t.Parked, err = scanParked(behind{row, []any{&t.round, &t.since}})
	return t, err
}

// behind is a row whose first columns go elsewhere.
type behind struct {
	pgx.CollectableRow
	first []any
}

func (r behind) Scan(dest ...any) error {
	return r.CollectableRow.Scan(slices.Concat(r.first, dest)...)
}

// Park writes down that no host takes a container for now, in place of what was known before.
func (s *Store) Park(c *Cloud, p *Parked) error {
	request, err := json.Marshal(p.Request)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	refusals, err := encodeRefusals(p)
	if err != nil {
		return err
	}
	e := p.Request
	p.Said = said(p)
	s.todo.Queue(`
		insert into parked as p (uid, entity, ordinal, application, generation, cloud, request, reason, refusals, failure,
		  short, since, trace, shape, said)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, coalesce($12, now()), $13, $14, $15)
		on conflict (uid, entity, ordinal) do update
		set generation = excluded.generation, cloud = excluded.cloud, request = excluded.request, reason = excluded.reason,
		  refusals = excluded.refusals, failure = excluded.failure, short = excluded.short, since = excluded.since,
		  trace = excluded.trace, shape = excluded.shape, said = excluded.said`,
		e.UID, e.Entity, e.Ordinal, e.Application, e.Generation, c.Name, request, p.Reason, refusals, p.Failure, p.Short, since(p),
		p.Trace, p.Shape, p.Said)
	c.fewer = c.fewer || !p.Short
	return nil
}

func encodeRefusals(p *Parked) ([]byte, error) {
	data, err := json.Marshal(append([]place.Refusal{}, p.Refusals...))
	if err != nil {
		return nil, fmt.Errorf("encode refusals: %w", err)
	}
	return data, nil
}

// since is null for a container that is parked just now: the database's clock counts.
func since(p *Parked) any {
	if p.Since.IsZero() {
		return nil
	}
	return p.Since
}

// WaitsForHost gives the reason of the one that waits longest of those that another host could help, none when there is none.
func (s *Store) WaitsForHost(ctx context.Context, cloud string) (reason string, err error) {
	b := &pgx.Batch{}
	b.Queue(`select reason from parked where cloud = $1 and short order by since, uid, entity, ordinal limit 1`, cloud).
		QueryRow(func(r pgx.Row) error { return optional(r.Scan(&reason)) })
	err = s.send(ctx, b)
	return reason, err
}

// Figures brings the reason of all who are as one is, to whom nothing else is to be said, up to date.
func (s *Store) Figures(c *Cloud, as *Parked) error {
	refusals, err := encodeRefusals(as)
	if err != nil {
		return err
	}
	s.todo.Queue(`update parked set reason = $4, refusals = $5
		where cloud = $1 and shape = $2 and said = $3 and reason <> $4`, c.Name, as.Shape, as.Said, as.Reason, refusals)
	return nil
}

// Unpark forgets that a container is parked in a cloud.
func (s *Store) Unpark(cloud string, of clocker.Container) {
	s.todo.Queue(`delete from parked where uid = $1 and entity = $2 and ordinal = $3`, of.UID, of.Entity, of.Ordinal)
	if c, ok := s.clouds[cloud]; ok {
		c.fewer = true
		return
	}
	s.todo.Queue(endShortage, cloud)
}
