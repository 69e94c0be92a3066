-- The views that services publish for each other, as tables: what a service's tests read in place of its neighbours.
-- A test in cmd/clocker compares every column here with the real view, so this file is the contract.

create table if not exists api.v_applications (
  uid text, application text, name text, cloud text, spec jsonb, blueprint text,
  submitted_at timestamptz, gone_at timestamptz);
create table if not exists api.v_contexts (digest text, size bigint, data bytea);

create table if not exists policy.v_containers (
  uid text, application text, entity text, ordinal int, generation bigint, wanted boolean, state text, host text,
  reason text, attempt int, exit_code int, engine_id text, started_at timestamptz, updated_at timestamptz);
create table if not exists policy.v_stages (
  uid text, application text, entity text, ordinal int, generation bigint, stage text, reason text, since timestamptz,
  standing text);
create or replace view policy.v_current as select distinct uid, entity, ordinal from policy.v_containers;
create table if not exists policy.v_leaving (uid text, entity text, ordinal int);
create table if not exists policy.v_entities (uid text, application text, entity text, size int);
create table if not exists policy.v_applications (
  uid text, application text, state text, healthy boolean, reason text, wanted int, up int);

create table if not exists scheduler.v_placements (
  uid text, application text, entity text, ordinal int, generation bigint, cloud text, host text, memory bigint,
  cores double precision, ports jsonb, placed_at timestamptz);
create table if not exists scheduler.v_parked (
  uid text, application text, entity text, ordinal int, generation bigint, cloud text, reason text, refusals jsonb,
  since timestamptz);
create table if not exists scheduler.v_shortages (cloud text, containers int, reason text, since timestamptz);
create table if not exists scheduler.v_usage (host text, containers int, memory bigint, cores double precision);

create table if not exists provisioner.v_clouds (
  cloud text, location text, max_hosts int, max_containers int, strategies jsonb, revision bigint default 1);
create table if not exists provisioner.v_locations (location text, provider text);
create table if not exists provisioner.v_hosts (
  host text, cloud text, location text, address text, state text, epoch bigint, memory bigint, cores double precision,
  engine jsonb, reason text, last_seen timestamptz, ready_at timestamptz, cordoned boolean);

create table if not exists ipam.v_networks (network text, application text, cidr text, vni int);
create table if not exists ipam.v_leases (
  uid text, application text, entity text, ordinal int, network text, address text, mac text, leased_at timestamptz);
create table if not exists ipam.v_endpoints (
  uid text, application text, entity text, ordinal int, generation bigint, host text, address text, healthy boolean,
  changed_at timestamptz);
create table if not exists ipam.v_gateways (network text, application text, host text, address text);
create table if not exists ipam.v_parked (
  uid text, application text, entity text, ordinal int, generation bigint, reason text, since timestamptz);

create table if not exists imagebuilder.v_images (
  key text, state text, image text, reference text, source jsonb, built boolean, reason text, tail jsonb, size bigint,
  updated_at timestamptz);
create table if not exists imagebuilder.v_requests (uid text, application text, key text);
