package store

import (
	"context"
	"fmt"

	"clocker.io/pkg/clocker"
	"clocker.io/services/policy/internal/rows"

	"github.com/jackc/pgx/v5"
)

// queuePart reads what events about some identities concern: everything of these; of every other container the first of
// each standing in each entity; and those whose turn may come, one for each event at most. How many rows that are does
// not depend on how many members there are.
func queuePart(b *pgx.Batch, a *rows.Application, keys []clocker.Key) {
	entities, ordinals := columns(keys)
	most := len(keys) + 1 // and one more, to know whether there are more
	b.Queue(nearContainers, a.UID, entities, ordinals, most).Query(func(r pgx.Rows) error { return scanContainers(r, a) })
	b.Queue(inLine, a.UID).
		Query(func(r pgx.Rows) error {
			a.CutAt(most)
			return scanCounts(r, a)
		})
	b.Queue(nearWithdrawals, a.UID, entities, ordinals).Query(func(r pgx.Rows) error { return scanWithdrawals(r, a) })
	b.Queue(`select `+assignmentColumns+aboutThem("assignments"), a.UID, entities, ordinals).
		Query(func(r pgx.Rows) error { return scanAssignments(r, a) })
}

// aboutThem gives the rows of a table about the identities $2, $3 of application $1. Here as in the statements below, offset
// 0 or a limit has each looked up by its key: a planner that knows no better would read all of the application instead.
func aboutThem(table string) string {
	return ` from unnest($2::text[], $3::int[]) t(of, nth) cross join lateral (
	  select * from ` + table + ` where uid = $1 and entity = t.of and ordinal = t.nth offset 0) x`
}

// columns are identities of one application as statements take them.
func columns(keys []clocker.Key) (entities []string, ordinals []int) {
	for _, k := range keys {
		entities, ordinals = append(entities, k.Entity), append(ordinals, k.Ordinal)
	}
	return entities, ordinals
}

func scanCounts(r pgx.Rows, a *rows.Application) error {
	inLine, starting := 0, map[string]int{}
	var host string
	var all, cleared int
	_, err := pgx.ForEachRow(r, []any{&host, &all, &cleared}, func() error {
		inLine += all
		starting[host] = cleared
		return nil
	})
	a.Count(inLine, starting)
	return err
}

// inLine counts the containers in the line by host, and those of them that are cleared.
const inLine = `
	select c.host, count(*)::int, (count(*) filter (where s.standing = 'cleared'))::int
	from unnest('{requested,cleared}'::text[]) s(standing) cross join lateral (
	  select host from containers where uid = $1 and standing = s.standing and standing not in ('healthy', 'gone') offset 0) c
	group by 1`

// nearContainers finds the standings that there are in each entity by going from one to the next in their index, and the
// first containers of each. Each container is then read by its key, whatever the planner thinks of how many they are.
const nearContainers = `
	with recursive about as (
	  select entity, ordinal from unnest($2::text[], $3::int[]) t(entity, ordinal)),
	standings as (
	  (select standing, entity from containers where uid = $1 and standing not in ('healthy', 'gone')
	   order by standing, entity limit 1)
	  union all
	  select n.standing, n.entity from standings s cross join lateral (
	    select c.standing, c.entity from containers c
	    where c.uid = $1 and c.standing not in ('healthy', 'gone') and (c.standing, c.entity) > (s.standing, s.entity)
	    order by c.standing, c.entity limit 1) n),
	near as (
	  select entity, ordinal from about
	  union
	  select n.entity, n.ordinal from standings s cross join lateral (
	    select c.entity, c.ordinal from containers c
	    where c.uid = $1 and c.standing not in ('healthy', 'gone') and c.standing = s.standing and c.entity = s.entity
	      and (c.entity, c.ordinal) not in (select entity, ordinal from about)
	    order by c.ordinal limit case when s.standing in ('returning', 'queued') then $4::int else 1 end) n
	  union
	  select n.entity, n.ordinal from standings s
	  cross join (
	    select distinct c.host from about t cross join lateral (
	      select host from containers where uid = $1 and entity = t.entity and ordinal = t.ordinal limit 1) c) h
	  cross join lateral (
	    select c.entity, c.ordinal from containers c
	    where c.uid = $1 and c.standing = 'addressed' and c.host = h.host and c.entity = s.entity
	      and (c.entity, c.ordinal) not in (select entity, ordinal from about)
	    order by c.ordinal limit $4::int) n
	  where s.standing = 'addressed')
	select ` + containerColumns + ` from near n cross join lateral (
	  select * from containers where uid = $1 and entity = n.entity and ordinal = n.ordinal limit 1) c`

// nearWithdrawals are those of some identities, and of the others one of the whole application and the final ones that
// come first in each entity.
var nearWithdrawals = `
	select ` + withdrawalColumns + aboutThem("withdrawals") + `
	union all
	(select ` + withdrawalColumns + ` from withdrawals
	 where uid = $1 and (entity, ordinal) not in (select * from unnest($2::text[], $3::int[])) limit 1)
	union all
	select w.* from entities e cross join lateral (
	  select ` + withdrawalColumns + ` from withdrawals
	  where uid = $1 and entity = e.entity and final and (entity, ordinal) not in (select * from unnest($2::text[], $3::int[]))
	  order by ordinal limit 1) w
	where e.uid = $1`

// Sense reads what is missing to decide about containers that are held back: of each entity whose addresses are asked
// for the first member that has one, and the first that has ports, too; addresses of hosts; what imagebuilder shows.
// Source: containers; provisioner.v_hosts, imagebuilder.v_images and v_requests.
func (s *Store) Sense(ctx context.Context, a *rows.Application, n rows.Need) error {
	if n.Nothing() {
		return nil
	}
	b := &pgx.Batch{}
	entities, ordinals := columns(a.Keys())
	if len(n.Entities) > 0 {
		b.Queue(`select `+containerColumns+addressed, a.UID, entities, ordinals, n.Entities).
			Query(func(r pgx.Rows) error { return scanContainers(r, a) })
	}
	if len(n.Entities) > 0 || len(n.Hosts) > 0 {
		b.Queue(`
			select host, coalesce(address, '') from provisioner.v_hosts
			where host = any($5) or host in (select c.host `+addressed+`)`, a.UID, entities, ordinals, n.Entities, n.Hosts).
			Query(func(r pgx.Rows) error { return scanHosts(r, a) })
	}
	for _, host := range n.Hosts {
		a.Hosts[host] = "" // unless it is found
	}
	if n.Catalog {
		queueCatalog(b, a)
	}
	if err := s.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("read what containers of application %s wait for: %w", a.UID, err)
	}
	a.Sensed(n)
	return nil
}

// addressed are, of each entity of $4, the first containers c with an address and with ports; none of $2, $3, of which
// everything is at hand.
const addressed = `
	from unnest($4::text[]) e(entity) cross join lateral (
	  (select * from containers where uid = $1 and entity = e.entity and wanted and address <> ''
	     and (entity, ordinal) not in (select * from unnest($2::text[], $3::int[])) order by ordinal limit 1)
	  union all
	  (select * from containers where uid = $1 and entity = e.entity and wanted and address <> '' and ports <> '[]'
	     and (entity, ordinal) not in (select * from unnest($2::text[], $3::int[])) order by ordinal limit 1)) c`
