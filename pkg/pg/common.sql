-- What every service's schema has; {schema} is replaced. Idempotent, run before the service's own migrations.

create table if not exists {schema}.inbox (
  consumer text not null,
  number   bigint not null,
  primary key (consumer, number)
);

-- Every event up to floor is handled: inbox rows up to it are pruned, and a new stream is filled from above the lowest.
create table if not exists {schema}.floors (
  consumer text primary key,
  floor    bigint not null
);

-- Events that a consumer cannot handle, set aside with their reason. Their data is that of events.events.
create table if not exists {schema}.dead_letters (
  consumer text not null,
  number   bigint not null,
  topic    text not null,
  reason   text not null,
  died_at  timestamptz not null default now(),
  primary key (consumer, number)
);
alter table {schema}.dead_letters
  add column if not exists stack     text not null default '', -- of a panic
  add column if not exists attempts  int not null default 1,
  add column if not exists failed_at timestamptz not null default now(), -- first
  add column if not exists tried_at  timestamptz not null default now(), -- last
  add column if not exists retries   int not null default 0, -- by the service itself
  add column if not exists retry_at  timestamptz not null default now() + interval '1 minute';

create or replace view {schema}.v_dead_letters as
  select consumer, number, topic, reason, stack, attempts, failed_at, tried_at, died_at, retry_at
  from {schema}.dead_letters;
