-- +goose Up

-- Those of one shape find a place, or none, together: they ask for the same, and hold nothing that is theirs alone. said is what
-- was last told of why one waits, but for its figures. What a version parks that knows of no shapes is like no other, until it
-- is parked anew.
alter table scheduler.parked add column shape text not null default gen_random_uuid()::text;
alter table scheduler.parked add column said text not null default '';

drop index scheduler.parked_cloud;
create index parked_shapes on scheduler.parked (cloud, shape, said);
create index parked_turns on scheduler.parked (cloud, uid, since, entity, ordinal) include (shape);
create index parked_short on scheduler.parked (cloud, since) where short;
