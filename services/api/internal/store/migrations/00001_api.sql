-- +goose Up

-- Every application that was ever accepted; spec is the parsed blueprint. uid is never reused, a name is free again
-- once its application is gone.
create table api.applications (
  uid          text primary key,
  application  text not null,
  name         text not null,
  cloud        text not null,
  spec         jsonb not null,
  blueprint    text not null,
  context      text,                            -- digest of the build context sent along
  going        boolean not null default false,  -- its deletion was asked for
  submitted_at timestamptz not null default now(),
  gone_at      timestamptz
);
create unique index applications_living_name on api.applications (application) where gone_at is null;

-- Build contexts, tar.gz, by the SHA-256 of their bytes; shared by the applications that sent the same.
create table api.contexts (
  digest  text primary key,
  size    bigint not null,
  data    bytea not null,
  sent_at timestamptz not null default now()
);

-- Requests that take time, from the request to how they ended.
create table api.operations (
  operation    text primary key,
  kind         text not null,
  application  text not null,
  uid          text not null references api.applications,
  target       text not null,
  params       jsonb,
  state        text not null default 'running' check (state in ('running', 'done', 'failed')),
  reason       text not null default '',
  requested_at timestamptz not null default clock_timestamp(),
  finished_at  timestamptz
);
-- The list of operations is read from the newest; those of an application are closed when it is gone.
create index operations_newest on api.operations (requested_at desc, operation desc);
create index operations_running on api.operations (uid) where state = 'running';

-- What was answered to a request with an Idempotency-Key. The row is made and filled in the transaction that acts, so a
-- second request with the key waits for the first to end.
create table api.idempotency_keys (
  key         text primary key,
  fingerprint bytea not null,
  status      int,
  location    text,
  body        bytea,
  created_at  timestamptz not null default now()
);
create index idempotency_keys_age on api.idempotency_keys (created_at);

create view api.v_applications as
  select uid, application, name, cloud, spec, blueprint, submitted_at, gone_at from api.applications;

create view api.v_contexts as select digest, size, data from api.contexts;
