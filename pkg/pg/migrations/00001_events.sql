-- +goose Up

-- The installation whose database this is: agents take its word for what may be removed from their hosts.
create table events.installation (
  one boolean primary key default true check (one),
  id  text not null
);

-- What services state, until the sequencer gives it a number. Every service may insert, only the sequencer reads.
create table events.outbox (
  id          bigserial primary key,
  event       uuid not null default gen_random_uuid(),
  topic       text not null,
  source      text not null,
  subject     text not null,
  application text not null,
  host        text not null,
  cause       bigint not null,
  because     uuid, -- the cause by its id, when it had no number yet; the sequencer finds it
  trace       text not null,
  time        timestamptz not null default clock_timestamp(),
  data        bytea not null -- bytea, not jsonb: these very bytes are published and hashed
);

create table events.events (
  number      bigint primary key check (number > 0),
  id          uuid not null unique,
  topic       text not null,
  source      text not null,
  subject     text not null,
  application text not null,
  host        text not null,
  cause       bigint not null,
  trace       text not null,
  time        timestamptz not null,
  data        bytea not null,
  hash        bytea not null
);

-- Floors and filtered streams walk one topic, application or host in order of number.
create index events_topic on events.events (topic, number);
create index events_application on events.events (application, number) where application <> '';
create index events_host on events.events (host, number) where host <> '';

-- The last number given and its hash; the log ends here, so a cut tail is seen. published is how far the stream was
-- known to reach, a lower bound: a stream that ends before it has lost something.
create table events.head (
  one        boolean primary key default true check (one),
  number     bigint not null,
  hash       bytea not null,
  published  bigint not null default 0,
  generation bigint not null default 0
);
insert into events.head (number, hash) values (0, decode(repeat('00', 32), 'hex'));

-- Roles that must be single. fence grows with each new holder; writes of the role check it in their transaction.
create table events.leases (
  name       text primary key,
  holder     text not null,
  fence      bigint not null,
  expires_at timestamptz not null
);
