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

create table if not exists {schema}.dead_letters (
  consumer text not null,
  number   bigint not null,
  topic    text not null,
  reason   text not null,
  died_at  timestamptz not null default now(),
  primary key (consumer, number)
);
