-- +goose Up

-- One row an application; it is the lock of everything below. A row with known = false holds what arrived before the
-- application itself. Rows of applications that are gone are kept for a while, so that late news find them gone.
create table policy.applications (
  uid         text primary key,
  application text not null,
  known       boolean not null default false,
  withdrawn   boolean not null default false,
  gone        boolean not null default false,
  healthy     boolean not null default false,
  was_healthy boolean not null default false,
  reason      text not null default '',
  updated_at  timestamptz not null default now()
);

create table policy.entities (
  uid      text not null references policy.applications on delete cascade,
  entity   text not null,
  position int not null,
  size     int not null check (size >= 0),
  number   bigint not null default 0,
  primary key (uid, entity)
);

create table policy.containers (
  uid        text not null references policy.applications on delete cascade,
  entity     text not null,
  ordinal    int not null check (ordinal >= 0),
  generation bigint not null check (generation > 0),
  floor      bigint not null default 0 check (floor >= 0),
  wanted     boolean not null,
  phase      text not null,
  why        text not null default '',
  host       text not null default '',
  network    text not null default '',
  address    text not null default '',
  mac        text not null default '',
  dns        text[] not null default '{}',
  ports      jsonb not null default '[]',
  reason     text not null default '',
  cause      text not null default '',
  attempt    int not null default 0,
  exit_code  int not null default 0,
  engine_id  text not null default '',
  replaced   timestamptz[] not null default '{}',
  started_at timestamptz,
  since      timestamptz not null,
  primary key (uid, entity, ordinal),
  -- Generations of an identity only grow: a wanted one is above everything withdrawn.
  constraint containers_above_floor check (not wanted or generation = floor + 1)
);

-- The watchdog and the line look for containers that are on their way; most are not.
create index containers_moving on policy.containers (uid)
  where phase in ('queued', 'requested', 'addressed', 'cleared', 'started');

-- Generations on the way back.
create table policy.withdrawals (
  uid        text not null references policy.applications on delete cascade,
  entity     text not null,
  ordinal    int not null,
  generation bigint not null,
  host       text not null default '',
  final      boolean not null,
  assigned   boolean not null,
  reason     text not null default '',
  since      timestamptz not null,
  removed_at timestamptz,
  primary key (uid, entity, ordinal, generation)
);

-- The id of the latest event about each generation, for what an agent reports of it next to name as its cause.
create table policy.trail (
  uid        text not null references policy.applications on delete cascade,
  entity     text not null,
  ordinal    int not null,
  generation bigint not null,
  event      text not null,
  primary key (uid, entity, ordinal, generation)
);

create table policy.images (
  uid       text not null references policy.applications on delete cascade,
  key       text not null,
  ready     boolean not null,
  number    bigint not null,
  image     text not null default '',
  reference text not null default '',
  reason    text not null default '',
  primary key (uid, key)
);

create table policy.operations (
  operation text primary key,
  uid       text not null references policy.applications on delete cascade,
  kind      text not null,
  target    text not null,
  params    jsonb,
  number    bigint not null,
  begun     boolean not null,
  outcome   text not null default '',
  reason    text not null default '',
  since     timestamptz not null default now()
);

create index operations_open on policy.operations (uid) where outcome = '';

-- What is assigned to hosts. Locking a host's row gives out its revisions in the order of commits.
create table policy.hosts (
  host     text primary key,
  revision bigint not null default 0
);

create table policy.assignments (
  uid        text not null references policy.applications on delete cascade,
  entity     text not null,
  ordinal    int not null,
  generation bigint not null,
  host       text not null,
  revision   bigint not null,
  desired    text not null check (desired in ('running', 'stopped', 'removed')),
  body       jsonb not null,
  primary key (uid, entity, ordinal, generation),
  constraint assignments_revision unique (host, revision)
);

-- The last fact of each host that is settled.
create table policy.facts (
  host    text primary key,
  epoch   bigint not null,
  counter bigint not null
);

create view policy.v_containers as
  select c.uid, a.application, c.entity, c.ordinal, c.generation, c.wanted,
         case when c.wanted then c.phase else 'withdrawn' end as state,
         c.host, c.reason, c.attempt, c.exit_code, c.engine_id, c.started_at, c.since as updated_at
  from policy.containers c join policy.applications a using (uid)
  where c.phase <> 'gone'
  union all
  select w.uid, a.application, w.entity, w.ordinal, w.generation, false,
         case when w.removed_at is null then 'withdrawn' else 'removed' end,
         w.host, w.reason, 0, 0, '', null, coalesce(w.removed_at, w.since)
  from policy.withdrawals w join policy.applications a using (uid);

create view policy.v_stages as
  select c.uid, a.application, c.entity, c.ordinal, c.generation,
         case when not c.wanted then 'ending'
              when c.phase = 'requested' and p.host is not null then 'placed'
              else c.phase end as stage,
         case when not c.wanted then 'waits for an older generation to be gone'
              when c.phase <> 'requested' then c.reason
              when p.host is not null then coalesce(ip.reason, '')
              else coalesce(sp.reason, '') end as reason,
         case when c.wanted and c.phase = 'requested' and p.host is not null then p.placed_at
              else c.since end as since
  from policy.containers c join policy.applications a using (uid)
  left join scheduler.v_placements p using (uid, entity, ordinal, generation)
  left join scheduler.v_parked sp using (uid, entity, ordinal, generation)
  left join ipam.v_parked ip using (uid, entity, ordinal, generation)
  where c.phase <> 'gone'
  union all
  -- On the way back the agent comes first when it holds the container; removed is the turn of ipam and the scheduler.
  select w.uid, a.application, w.entity, w.ordinal, w.generation,
         case when w.assigned and w.removed_at is null then 'withdrawn' else 'removed' end,
         w.reason, coalesce(w.removed_at, w.since)
  from policy.withdrawals w join policy.applications a using (uid);

create view policy.v_entities as
  select e.uid, a.application, e.entity, e.size
  from policy.entities e join policy.applications a using (uid)
  where not a.gone;

create view policy.v_applications as
  select a.uid, a.application,
         case when a.withdrawn then 'stopping'
              when c.given_up > 0 then 'failed'
              when a.healthy then 'running'
              when a.was_healthy then 'unhealthy'
              else 'starting' end as state,
         a.healthy, a.reason, c.wanted, c.up
  from policy.applications a
  cross join lateral (
    select count(*) filter (where wanted)::int as wanted,
           count(*) filter (where wanted and (phase = 'healthy' or phase = 'finished' and exit_code = 0))::int as up,
           count(*) filter (where wanted and (phase = 'failed' and cause <> 'agent'
                                           or phase = 'finished' and exit_code <> 0)) as given_up
    from policy.containers where uid = a.uid) c
  where a.known and not a.gone;
