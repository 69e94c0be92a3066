package store

import (
	"context"
	"fmt"

	"clocker.io/pkg/clocker"
	"clocker.io/pkg/events"
	"clocker.io/pkg/pg"

	"github.com/jackc/pgx/v5"
)

// Trail reads the latest event of every generation of some identities, for Follow. Source: policy.trail.
func (s *Store) Trail(ctx context.Context, uid, application string, keys []clocker.Key) error {
	entities, ordinals := columns(keys)
	rows, err := s.tx.Query(ctx, `select entity, ordinal, generation, event`+aboutThem("trail"), uid, entities, ordinals)
	if err != nil {
		return fmt.Errorf("read trail: %w", err)
	}
	c := clocker.Container{Application: application, UID: uid}
	var event string
	_, err = pgx.ForEachRow(rows, []any{&c.Entity, &c.Ordinal, &c.Generation, &event}, func() error {
		s.trail[c] = event
		return nil
	})
	if err != nil {
		return fmt.Errorf("read trail: %w", err)
	}
	return nil
}

// Follow gives events ids and notes them as the latest of their containers; Save keeps that. When seen is the container
// that an agent reported of, rather than an event being handled, it also names their causes: of an event about seen, the
// one before about it; of every other, the last of those, which led to it.
func (s *Store) Follow(out []events.Event, seen *clocker.Container) []events.Event {
	linked := make([]events.Event, len(out))
	led := ""
	if seen != nil {
		led = s.trail[*seen]
	}
	for i, e := range out {
		l := events.Linked{Event: e, ID: pg.EventID()}
		if seen != nil {
			l.Because = led
		}
		if of, ok := events.ContainerOf(e); ok {
			s.trail[of], s.steps[of] = l.ID, l.ID
			if seen != nil && of == *seen {
				led = l.ID
			}
		}
		linked[i] = l
	}
	return linked
}

// saveTrail writes the steps of an application that were noted since the last save.
func (s *Store) saveTrail(b *pgx.Batch, uid string) {
	var entities, ids []string
	var ordinals []int
	var generations []int64
	for c, id := range s.steps {
		if c.UID == uid {
			entities, ordinals = append(entities, c.Entity), append(ordinals, c.Ordinal)
			generations, ids = append(generations, c.Generation), append(ids, id)
			delete(s.steps, c)
		}
	}
	if len(ids) == 0 {
		return
	}
	b.Queue(`
		insert into trail (uid, entity, ordinal, generation, event)
		select $1, * from unnest($2::text[], $3::int[], $4::bigint[], $5::text[])
		on conflict (uid, entity, ordinal, generation) do update set event = excluded.event`,
		uid, entities, ordinals, generations, ids)
}
