-- +goose Up

-- Users make clouds and set them. revision grows with each change of the settings; settings_number is the request that
-- made the last one: an older one that comes later counts for nothing.
alter table provisioner.clouds add column revision bigint not null default 1;
alter table provisioner.clouds add column settings_number bigint not null default 0;

create or replace view provisioner.v_clouds as
  select cloud, location, max_hosts, max_containers, strategies, revision from provisioner.clouds;

create view provisioner.v_locations as
  select location, provider from provisioner.locations;
