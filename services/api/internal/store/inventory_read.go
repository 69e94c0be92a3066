package store

import (
	"context"
	"fmt"

	"clocker.io/services/api/internal/view"

	"github.com/jackc/pgx/v5"
)

const hostColumns = `
	select h.host, h.cloud, h.location, h.address, h.state, coalesce(h.reason, ''), h.epoch, coalesce(h.memory, 0),
	  coalesce(h.cores, 0), h.engine, coalesce(u.containers, 0), coalesce(u.memory, 0), coalesce(u.cores, 0),
	  coalesce(h.cordoned, false), h.last_seen, h.ready_at
	from provisioner.v_hosts h left join scheduler.v_usage u on u.host = h.host `

func scanHost(row pgx.CollectableRow) (h view.Host, err error) {
	err = row.Scan(&h.Host, &h.Cloud, &h.Location, &h.Address, &h.State, &h.Reason, &h.Epoch, &h.Memory, &h.Cores,
		&h.Engine, &h.Containers, &h.UsedMemory, &h.UsedCores, &h.Cordoned, &h.LastSeen, &h.ReadyAt)
	h.LastSeen, h.ReadyAt = utc(h.LastSeen), utc(h.ReadyAt)
	return h, err
}

// Hosts lists hosts by id. Source: provisioner.v_hosts, scheduler.v_usage.
func (r *Reader) Hosts(ctx context.Context, p Page) (view.Page[view.Host], error) {
	var after string
	if err := p.place(&after); err != nil {
		return view.Page[view.Host]{}, err
	}
	list, err := collect(ctx, r, "list hosts", scanHost, hostColumns+`where h.host > $1 order by h.host limit $2`, after, p.Limit+1)
	return cut(p, list, func(h view.Host) string { return cursor(h.Host) }), err
}

// Host reads one host. The error is NotFound when there is none.
func (r *Reader) Host(ctx context.Context, id string) (view.Host, error) {
	rows, err := r.tx.Query(ctx, hostColumns+`where h.host = $1`, id)
	if err != nil {
		return view.Host{}, fmt.Errorf("read host: %w", err)
	}
	h, err := pgx.CollectExactlyOneRow(rows, scanHost)
	return h, orNotFound(err, fmt.Sprintf("there is no host %q", id))
}

// collect runs a query and scans its rows.
func collect[T any](ctx context.Context, r *Reader, what string, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := r.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}

const cloudColumns = `
	select c.cloud, c.location, coalesce(c.max_hosts, 0), coalesce(c.max_containers, 0), coalesce(c.strategies, '[]'), c.revision,
	  (select count(*)::int from provisioner.v_hosts h where h.cloud = c.cloud and h.state <> 'gone'),
	  s.containers, s.reason, s.since
	from provisioner.v_clouds c left join scheduler.v_shortages s on s.cloud = c.cloud `

// Clouds lists clouds by id. Source: provisioner.v_clouds, provisioner.v_hosts, scheduler.v_shortages.
func (r *Reader) Clouds(ctx context.Context, p Page) (view.Page[view.Cloud], error) {
	var after string
	if err := p.place(&after); err != nil {
		return view.Page[view.Cloud]{}, err
	}
	list, err := collect(ctx, r, "list clouds", scanCloud, cloudColumns+`where c.cloud > $1 order by c.cloud limit $2`, after, p.Limit+1)
	return cut(p, list, func(c view.Cloud) string { return cursor(c.Cloud) }), err
}

func scanCloud(row pgx.CollectableRow) (c view.Cloud, err error) {
	var containers *int
	var reason *string
	var s view.Shortage
	since := &s.Since
	err = row.Scan(&c.Cloud, &c.Location, &c.MaxHosts, &c.MaxContainers, &c.Strategies, &c.Revision, &c.Hosts, &containers, &reason, &since)
	if err == nil && containers != nil && *containers > 0 {
		s.Containers = *containers
		if reason != nil {
			s.Reason = *reason
		}
		if since != nil {
			s.Since = since.UTC()
		}
		c.Shortage = &s
	}
	return c, err
}

// Cloud reads one cloud. The error is NotFound when there is none.
func (r *Reader) Cloud(ctx context.Context, id string) (view.Cloud, error) {
	rows, err := r.tx.Query(ctx, cloudColumns+`where c.cloud = $1`, id)
	if err != nil {
		return view.Cloud{}, fmt.Errorf("read cloud: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanCloud)
	return c, orNotFound(err, fmt.Sprintf("there is no cloud %q", id))
}

// CloudUsers are the hosts of a cloud and the applications that name it. Source: provisioner.v_hosts, api.applications.
func (r *Reader) CloudUsers(ctx context.Context, id string) (hosts, applications []string, err error) {
	err = r.tx.QueryRow(ctx, `
		select array(select host from provisioner.v_hosts where cloud = $1 and state <> 'gone' order by host),
		  array(select application from api.applications where cloud = $1 and gone_at is null order by application)`, id).
		Scan(&hosts, &applications)
	if err != nil {
		return nil, nil, fmt.Errorf("find who uses a cloud: %w", err)
	}
	return hosts, applications, nil
}

// Locations lists where hosts can come from. Source: provisioner.v_locations.
func (r *Reader) Locations(ctx context.Context) ([]string, error) {
	return collect(ctx, r, "list locations", pgx.RowTo[string], `select location from provisioner.v_locations order by location`)
}

// CloudNames lists the ids of all clouds. Source: provisioner.v_clouds.
func (r *Reader) CloudNames(ctx context.Context) ([]string, error) {
	return collect(ctx, r, "list clouds", pgx.RowTo[string], `select cloud from provisioner.v_clouds order by cloud`)
}

const imageColumns = `
	select key, state, coalesce(image, ''), coalesce(reference, ''), coalesce(built, false), coalesce(size, 0),
	  coalesce(reason, ''), tail, updated_at,
	  (select coalesce(array_agg(distinct q.application order by q.application), '{}') from imagebuilder.v_requests q where q.key = v_images.key)
	from imagebuilder.v_images `

func scanImage(row pgx.CollectableRow) (i view.Image, err error) {
	err = row.Scan(&i.Key, &i.State, &i.Image, &i.Reference, &i.Built, &i.Size, &i.Reason, &i.Tail, &i.UpdatedAt, &i.UsedBy)
	i.UpdatedAt = i.UpdatedAt.UTC()
	return i, err
}

// Images lists images by key. Source: imagebuilder.v_images.
func (r *Reader) Images(ctx context.Context, p Page) (view.Page[view.Image], error) {
	var after string
	if err := p.place(&after); err != nil {
		return view.Page[view.Image]{}, err
	}
	list, err := collect(ctx, r, "list images", scanImage, imageColumns+`where key > $1 order by key limit $2`, after, p.Limit+1)
	return cut(p, list, func(i view.Image) string { return cursor(i.Key) }), err
}

func (r *Reader) image(ctx context.Context, key string) (*view.Image, error) {
	rows, err := r.tx.Query(ctx, imageColumns+`where key = $1`, key)
	if err != nil {
		return nil, fmt.Errorf("read image: %w", err)
	}
	i, err := pgx.CollectExactlyOneRow(rows, scanImage)
	return some(i, err, "image")
}
