-- +goose Up

-- The trace context of what asked for a parked container: when it is placed at last, its events go on under it, whatever
-- made room.
alter table scheduler.parked add column trace text not null default '';
