package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/view"

	"github.com/jackc/pgx/v5"
)

const networkColumns = `
	select n.network, n.application, n.cidr, n.vni,
	  (select count(*)::int from ipam.v_leases l where l.network = n.network),
	  (select coalesce(json_agg(json_build_object('host', g.host, 'address', g.address) order by g.host), '[]')
	   from ipam.v_gateways g where g.network = n.network)
	from ipam.v_networks n `

func scanNetwork(row pgx.CollectableRow) (n view.Network, err error) {
	var vni int
	var gateways []byte
	if err = row.Scan(&n.Network, &n.Application, &n.CIDR, &vni, &n.Addresses, &gateways); err != nil {
		return n, err
	}
	n.Docker = clocker.DockerNetwork(vni)
	return n, json.Unmarshal(gateways, &n.Gateways)
}

// Networks lists networks by their applications. Source: ipam.v_networks, ipam.v_leases, ipam.v_gateways.
func (r *Reader) Networks(ctx context.Context, p Page) (view.Page[view.Network], error) {
	var application, network string
	if err := p.place(&application, &network); err != nil {
		return view.Page[view.Network]{}, err
	}
	list, err := collect(ctx, r, "list networks", scanNetwork, networkColumns+
		`where (n.application, n.network) > ($1, $2) order by n.application, n.network limit $3`, application, network, p.Limit+1)
	return cut(p, list, func(n view.Network) string { return cursor(n.Application, n.Network) }), err
}

// Network reads a network by its id or its application's, with the addresses in use. The error is NotFound when there is
// none. Source: what Networks reads, ipam.v_endpoints.
func (r *Reader) Network(ctx context.Context, id string) (view.NetworkDetail, error) {
	var d view.NetworkDetail
	rows, err := r.tx.Query(ctx, networkColumns+`where n.network = $1 or n.application = $1 limit 1`, id)
	if err != nil {
		return d, fmt.Errorf("read network: %w", err)
	}
	if d.Network, err = pgx.CollectExactlyOneRow(rows, scanNetwork); err != nil {
		return d, orNotFound(err, fmt.Sprintf("there is no network %q, and no application of that name has one", id))
	}
	d.Leases, err = collect(ctx, r, "list addresses", scanAddress, `
		select l.address, l.mac, l.application, l.entity, l.ordinal, coalesce(e.host, ''), coalesce(e.healthy, false), l.leased_at
		from ipam.v_leases l left join ipam.v_endpoints e on (e.uid, e.entity, e.ordinal) = (l.uid, l.entity, l.ordinal)
		where l.network = $1 order by l.address::inet`, d.Network.Network)
	if d.Leases == nil {
		d.Leases = []view.Address{}
	}
	return d, err
}

func scanAddress(row pgx.CollectableRow) (a view.Address, err error) {
	var c clocker.Container
	err = row.Scan(&a.Address, &a.MAC, &c.Application, &c.Entity, &c.Ordinal, &a.Host, &a.Healthy, &a.LeasedAt)
	a.Container, a.LeasedAt = c.Path(), a.LeasedAt.UTC()
	return a, err
}

// records are what the zone answers: every container by its own name, those that are healthy by their entity's, and
// hosts by theirs. $1 is the zone.
const records = `
	select name, address, application, entity, ordinal, host, healthy from (
	  select e.ordinal || '.' || e.entity || '.' || e.application || '.' || $1 as name,
	    e.address, e.application, e.entity, e.ordinal, e.host, e.healthy from ipam.v_endpoints e
	  union all
	  select e.entity || '.' || e.application || '.' || $1, e.address, e.application, e.entity, e.ordinal, e.host, e.healthy
	  from ipam.v_endpoints e where e.healthy
	  union all
	  select g.host || '.hosts.' || $1, g.address, g.application, '', 0, g.host, true from ipam.v_gateways g
	) r `

// Records lists names of the zone with their addresses: all of them, or a name and those below it, which may be written
// without the zone. The error is NotFound when the zone answers none of them. Source: ipam.v_endpoints, ipam.v_gateways.
func (r *Reader) Records(ctx context.Context, name string, p Page) (view.Page[view.Record], error) {
	var after, address string
	if err := p.place(&after, &address); err != nil {
		return view.Page[view.Record]{}, err
	}
	full := strings.TrimSuffix(strings.ToLower(name), ".")
	if full != "" && full != clocker.Zone && !strings.HasSuffix(full, "."+clocker.Zone) {
		full += "." + clocker.Zone
	}
	list, err := collect(ctx, r, "list names", scanRecord, records+`
		where ($2 = '' or name = $2 or right(name, length($2) + 1) = '.' || $2) and (name, address) > ($3, $4)
		order by name, address limit $5`, clocker.Zone, full, after, address, p.Limit+1)
	if err == nil && len(list) == 0 && full != "" && p.Cursor == "" {
		err = notFound(fmt.Sprintf("the zone answers nothing for %s: there is no such name, or nobody of that name is healthy", full))
	}
	return cut(p, list, func(v view.Record) string { return cursor(v.Name, v.Address) }), err
}

func scanRecord(row pgx.CollectableRow) (v view.Record, err error) {
	var c clocker.Container
	err = row.Scan(&v.Name, &v.Address, &c.Application, &c.Entity, &c.Ordinal, &v.Host, &v.Healthy)
	v.Type, v.Application = "A", c.Application
	if c.Entity != "" {
		v.Container = c.Path()
	}
	return v, err
}
