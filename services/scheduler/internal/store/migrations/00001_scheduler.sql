-- +goose Up

-- Whoever places, parks, releases or wakes locks this row first: placement is decided one transaction at a time, so no
-- wake-up is lost, no two decisions see the same free space, and no two transactions wait for each other.
create table scheduler.turn (one boolean primary key default true check (one));
insert into scheduler.turn default values;

create table scheduler.hosts (
  host                text primary key,
  cloud               text not null,
  state               text not null,
  memory              bigint not null,            -- bytes it offers
  millicores          bigint not null,            -- thousandths of a core it offers
  reserved_memory     bigint not null default 0,
  reserved_millicores bigint not null default 0,
  containers          int not null default 0,
  heard               bigint not null default 0   -- number of the event that last told of its state
);
create index hosts_cloud on scheduler.hosts (cloud);

-- Highest withdrawn generation of a container: it and older ones are never placed again.
create table scheduler.withdrawn (
  uid     text not null,
  entity  text not null,
  ordinal int not null,
  floor   bigint not null,
  at      timestamptz not null default now(),
  primary key (uid, entity, ordinal)
);

create table scheduler.reservations (
  uid         text not null,
  application text not null,
  entity      text not null,
  ordinal     int not null,
  generation  bigint not null,
  cloud       text not null,
  host        text not null references scheduler.hosts (host),
  memory      bigint not null check (memory >= 0),
  millicores  bigint not null check (millicores >= 0),
  ports       jsonb not null default '[]',
  placed_at   timestamptz not null default now(),
  primary key (uid, entity, ordinal, generation)
);
create index reservations_host on scheduler.reservations (host);

-- What is reserved on a host is the sum of its reservations, kept beside the host and never raised beyond what it
-- offers. A host that comes back smaller keeps what it has.
-- +goose StatementBegin
create function scheduler.reserve() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    update scheduler.hosts set reserved_memory = reserved_memory - old.memory,
      reserved_millicores = reserved_millicores - old.millicores, containers = containers - 1
    where host = old.host;
    return old;
  end if;
  update scheduler.hosts set reserved_memory = reserved_memory + new.memory,
    reserved_millicores = reserved_millicores + new.millicores, containers = containers + 1
  where host = new.host
    and (new.memory = 0 or reserved_memory + new.memory <= memory)
    and (new.millicores = 0 or reserved_millicores + new.millicores <= millicores);
  if not found then
    raise exception using errcode = 'check_violation', constraint = 'reservations_capacity',
      message = format('host %s has no room for %s bytes and %s millicores', new.host, new.memory, new.millicores);
  end if;
  return new;
end $$;
-- +goose StatementEnd
create trigger reservations_capacity before insert or delete on scheduler.reservations
  for each row execute function scheduler.reserve();
-- +goose StatementBegin
create function scheduler.fixed() returns trigger language plpgsql as $$
begin
  raise exception 'a reservation is never changed: make another';
end $$;
-- +goose StatementEnd
create trigger reservations_fixed before update of host, memory, millicores on scheduler.reservations
  for each row execute function scheduler.fixed();

-- Host ports belong to a container, not to a generation: two generations of one never run together.
create table scheduler.ports (
  host           text not null references scheduler.hosts (host) on delete cascade,
  protocol       text not null,
  port           int not null check (port between 1 and 65535),
  uid            text not null,
  application    text not null,
  entity         text not null,
  ordinal        int not null,
  generation     bigint not null,
  container_port int not null,
  fixed          boolean not null,
  constraint ports_one_holder primary key (host, protocol, port)
);
create index ports_container on scheduler.ports (uid, entity, ordinal);

create table scheduler.parked (
  uid         text not null,
  entity      text not null,
  ordinal     int not null,
  application text not null,
  generation  bigint not null,
  cloud       text not null,
  request     jsonb not null,
  reason      text not null,
  refusals    jsonb not null default '[]',
  failure     text not null default '',
  short       boolean not null,          -- another host could help
  since       timestamptz not null default now(),
  primary key (uid, entity, ordinal)
);
create index parked_cloud on scheduler.parked (cloud);

-- The clouds in which containers wait for a host. asked: HostNeeded is stated and not answered. failure: the last answer.
create table scheduler.shortages (
  cloud   text primary key,
  asked   boolean not null,
  failure text not null default '',
  since   timestamptz not null default now()
);

create view scheduler.v_placements as
  select uid, application, entity, ordinal, generation, cloud, host, memory, millicores / 1000.0::double precision as cores,
    ports, placed_at from scheduler.reservations;

create view scheduler.v_parked as
  select uid, application, entity, ordinal, generation, cloud, reason, refusals, since from scheduler.parked;

create view scheduler.v_shortages as
  select cloud, count(*)::int as containers, (array_agg(reason order by since, uid, entity, ordinal))[1] as reason,
    min(since) as since
  from scheduler.parked where short group by cloud;

create view scheduler.v_usage as
  select host, containers, reserved_memory as memory, reserved_millicores / 1000.0::double precision as cores
  from scheduler.hosts;
