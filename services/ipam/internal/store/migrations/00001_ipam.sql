-- +goose Up

-- One row for each application ever heard of: whoever works on one of its containers locks it first.
create table ipam.applications (
  uid         text primary key,
  application text not null,
  seen_at     timestamptz not null default now(),
  gone_at     timestamptz
);

-- Locked by who parks because no network can be had and by who gives one back, so that no wake-up is lost.
create table ipam.pool (one boolean primary key default true check (one));
insert into ipam.pool default values;

create sequence ipam.vnis as int start 100 maxvalue 16777215;

create table ipam.networks (
  network     text primary key references ipam.applications (uid) on delete cascade,
  application text not null,
  vni         int not null default nextval('ipam.vnis') constraint networks_vni unique,
  cidr        cidr not null,
  ip_range    cidr not null,
  mtu         int not null,
  low         inet not null,              -- lowest address that was never leased
  high        inet not null,              -- highest address that was never a gateway
  revision    bigint not null default 1,  -- raised with every change that its hosts must hear of
  created_at  timestamptz not null default now(),
  gone_at     timestamptz,
  constraint networks_apart exclude using gist (cidr inet_ops with &&) where (gone_at is null)
);

-- Every address that was ever given out: to a container, to a host as its gateway, or cooling (neither).
create table ipam.leases (
  network   text not null references ipam.networks (network) on delete cascade,
  address   inet not null,
  mac       text not null,
  entity    text,
  ordinal   int,
  gateway   text,
  leased_at timestamptz not null default now(),
  free_at   timestamptz,                  -- when a cooling one may be leased again
  constraint leases_one_owner primary key (network, address),
  constraint leases_one_use check (num_nonnulls(entity, gateway, free_at) = 1 and (entity is null) = (ordinal is null))
);
create unique index leases_one_each on ipam.leases (network, entity, ordinal) where entity is not null;
create unique index leases_one_gateway on ipam.leases (network, gateway) where gateway is not null;
-- The one freed longest ago, without looking at those in use.
create index leases_cooling on ipam.leases (network, free_at, address) where free_at is not null;

-- The hosts that have a network. pushed is the revision that was last published to the host.
create table ipam.gateways (
  network text not null references ipam.networks (network) on delete cascade,
  host    text not null,
  address inet not null,
  pushed  bigint not null default 0,
  primary key (network, host)
);
create index gateways_host on ipam.gateways (host);

-- One row for each container identity: where its address lives, and what is known of its generations. generation 0 is
-- none: the row is a tombstone, and keeps the floor.
create table ipam.endpoints (
  uid             text not null references ipam.applications (uid) on delete cascade,
  entity          text not null,
  ordinal         int not null,
  application     text not null,
  address         inet,
  generation      bigint not null default 0,
  host            text not null default '',
  healthy         boolean not null default false,
  heard           bigint not null default 0,
  next_generation bigint not null default 0,
  next_host       text not null default '',
  floor           bigint not null default 0,
  parting         jsonb not null default '[]',
  revision        bigint not null default 0,
  changed_at      timestamptz not null default now(),
  primary key (uid, entity, ordinal)
);
create unique index endpoints_one_owner on ipam.endpoints (uid, address) where generation > 0;
create index endpoints_revision on ipam.endpoints (uid, revision);

create table ipam.parked (
  uid         text not null references ipam.applications (uid) on delete cascade,
  entity      text not null,
  ordinal     int not null,
  application text not null,
  generation  bigint not null,
  placed      jsonb not null,             -- the fact that could not be acted on
  reason      text not null,
  since       timestamptz not null default now(),
  primary key (uid, entity, ordinal)
);

create view ipam.v_networks as
  select network, application, cidr::text as cidr, vni from ipam.networks where gone_at is null;

create view ipam.v_leases as
  select l.network as uid, n.application, l.entity, l.ordinal, l.network, host(l.address) as address, l.mac, l.leased_at
  from ipam.leases l join ipam.networks n using (network) where l.entity is not null and n.gone_at is null;

create view ipam.v_endpoints as
  select uid, application, entity, ordinal, generation, host, host(address) as address, healthy, changed_at
  from ipam.endpoints where generation > 0;

create view ipam.v_parked as
  select uid, application, entity, ordinal, generation, reason, since from ipam.parked;
