-- +goose Up

-- A cordoned host takes no new containers; those that it has go on. cordon_number is the request that last set it: an
-- older one that comes later counts for nothing.
alter table provisioner.hosts add column cordoned boolean not null default false;
alter table provisioner.hosts add column cordon_number bigint not null default 0;

create or replace view provisioner.v_hosts as
  select host, cloud, location, address, state, epoch, memory, cores, engine, reason, last_seen, ready_at, cordoned
  from provisioner.hosts;
