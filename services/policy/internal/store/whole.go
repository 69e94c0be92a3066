package store

import (
	"clocker.io/services/policy/internal/rows"

	"github.com/jackc/pgx/v5"
)

// queueAll reads all containers of an application, all that is on the way back, and what neighbours show of it. Source:
// own tables; provisioner.v_hosts, imagebuilder.v_images and v_requests.
func queueAll(b *pgx.Batch, a *rows.Application) {
	b.Queue(`select `+containerColumns+` from containers c where uid = $1 order by entity, ordinal`, a.UID).
		Query(func(r pgx.Rows) error { return scanContainers(r, a) })
	b.Queue(`select `+withdrawalColumns+` from withdrawals where uid = $1`, a.UID).
		Query(func(r pgx.Rows) error { return scanWithdrawals(r, a) })
	b.Queue(`select `+assignmentColumns+` from assignments where uid = $1`, a.UID).
		Query(func(r pgx.Rows) error { return scanAssignments(r, a) })
	b.Queue(`
		select host, coalesce(address, '') from provisioner.v_hosts
		where host in (select host from containers where uid = $1)`, a.UID).
		Query(func(r pgx.Rows) error { return scanHosts(r, a) })
	queueCatalog(b, a)
}

func queueCatalog(b *pgx.Batch, a *rows.Application) {
	b.Queue(`
		select i.key, coalesce(i.state, ''), coalesce(i.image, ''), coalesce(i.reference, '')
		from imagebuilder.v_requests q join imagebuilder.v_images i on i.key = q.key
		where q.uid = $1`, a.UID).Query(func(r pgx.Rows) error {
		for r.Next() {
			var key string
			var e rows.Entry
			if err := r.Scan(&key, &e.State, &e.Image, &e.Reference); err != nil {
				return err
			}
			a.Catalog[key] = e
		}
		return r.Err()
	})
}
