package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"clocker.io/pkg/clocker"
)

// Settings are a cloud's, with the request that made them.
type Settings struct {
	clocker.CloudSettings
	Number int64
}

// LockCloud gives a cloud's settings and keeps them to the end of the transaction; false when there is no such cloud.
// Source: clouds.
func (s *Store) LockCloud(ctx context.Context, cloud string) (c Settings, known bool, err error) {
	err = s.tx.QueryRow(ctx, `
		select location, max_hosts, max_containers, strategies, revision, settings_number
		from clouds where cloud = $1 for update`, cloud).
		Scan(&c.Location, &c.MaxHosts, &c.MaxContainers, &c.Strategies, &c.Revision, &c.Number)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("lock cloud: %w", err)
	}
	return c, true, nil
}

// Located reports whether there is a location. Source: locations.
func (s *Store) Located(ctx context.Context, location string) (known bool, err error) {
	err = s.tx.QueryRow(ctx, `select exists (select from locations where location = $1)`, location).Scan(&known)
	if err != nil {
		return false, fmt.Errorf("find location: %w", err)
	}
	return known, nil
}

// SetCloud makes a cloud, or changes one that is locked; the failure that was stated for its shortage, if any, was of
// other settings. It answers false when another request has just made that cloud. Source: clouds.
func (s *Store) SetCloud(ctx context.Context, cloud string, c Settings) (bool, error) {
	strategies, err := json.Marshal(c.Strategies)
	if err != nil {
		return false, fmt.Errorf("set cloud: %w", err)
	}
	sql := `
		insert into clouds (cloud, location, max_hosts, max_containers, strategies, settings_number)
		values ($1, $2, $3, $4, $5, $6) on conflict do nothing`
	if c.Revision > 0 {
		sql = `
		update clouds set location = $2, max_hosts = $3, max_containers = $4, strategies = $5, settings_number = $6,
		  revision = revision + 1, answered = ''
		where cloud = $1`
	}
	tag, err := s.tx.Exec(ctx, sql, cloud, c.Location, c.MaxHosts, c.MaxContainers, strategies, c.Number)
	if err != nil {
		return false, fmt.Errorf("set cloud: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// Users are the hosts of a cloud and the applications that name it. Source: hosts, api.v_applications.
func (s *Store) Users(ctx context.Context, cloud string) (hosts, applications []string, err error) {
	err = s.tx.QueryRow(ctx, `
		select array(select host from hosts where cloud = $1 and state <> 'gone' order by host),
		  array(select application from api.v_applications where cloud = $1 and gone_at is null order by application)`, cloud).
		Scan(&hosts, &applications)
	if err != nil {
		return nil, nil, fmt.Errorf("find who uses a cloud: %w", err)
	}
	return hosts, applications, nil
}

// DropCloud removes a cloud that is locked, with what is left of its hosts that are gone. Source: clouds, hosts.
func (s *Store) DropCloud(ctx context.Context, cloud string) error {
	var b pgx.Batch
	b.Queue(`delete from hosts where cloud = $1 and state = 'gone'`, cloud)
	b.Queue(`delete from clouds where cloud = $1`, cloud)
	if err := s.tx.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("remove cloud: %w", err)
	}
	return nil
}
