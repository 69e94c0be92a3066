-- +goose Up

-- A cordoned host takes no new containers. cordon_heard is the number of the event that last told of it.
alter table scheduler.hosts add column cordoned boolean not null default false;
alter table scheduler.hosts add column cordon_heard bigint not null default 0;
