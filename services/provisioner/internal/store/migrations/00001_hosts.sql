-- +goose Up
create table provisioner.locations (
  location text primary key,
  provider text not null
);

create table provisioner.clouds (
  cloud          text primary key,
  location       text not null references provisioner.locations,
  max_hosts      int not null constraint clouds_max_hosts check (max_hosts >= 0),
  max_containers int not null constraint clouds_max_containers check (max_containers > 0),
  strategies     jsonb not null,
  -- The latest HostNeeded: when, and the event that an answer to it follows from.
  needed_at      timestamptz,
  cause          bigint not null default 0,
  trace          text not null default '',
  answered       text not null default '' -- the HostFailed stated since then; empty when none
);

-- Machines whose agents offered themselves to a location that finds its machines.
create table provisioner.offers (
  host       text primary key,
  location   text not null references provisioner.locations,
  address    text not null,
  memory     bigint not null,
  cores      double precision not null,
  engine     jsonb not null,
  offered_at timestamptz not null default now()
);

create table provisioner.hosts (
  host       text primary key,
  cloud      text not null references provisioner.clouds,
  location   text not null references provisioner.locations,
  address    text not null,
  state      text not null constraint hosts_state check
    (state in ('requested', 'provisioning', 'ready', 'suspect', 'lost', 'draining', 'gone')),
  epoch      bigint not null default 0,
  memory     bigint not null,
  cores      double precision not null,
  engine     jsonb not null,
  reason     text not null default '',
  changed_at timestamptz not null default now(), -- when it came to its state
  last_seen  timestamptz,
  ready_at   timestamptz
);

create view provisioner.v_clouds as
  select cloud, location, max_hosts, max_containers, strategies from provisioner.clouds;

-- Hosts that are wanted; a machine that only offered itself is none.
create view provisioner.v_hosts as
  select host, cloud, location, address, state, epoch, memory, cores, engine, reason, last_seen, ready_at
  from provisioner.hosts;
