-- +goose Up

-- Who may ask: of a token only its digest is kept. A token that was revoked stays, so that what it asked for still has
-- a name.
create table api.tokens (
  token      text primary key, -- its id, which is no secret
  name       text not null,
  role       text not null check (role in ('viewer', 'deployer', 'operator', 'admin')),
  digest     bytea not null check (length(digest) = 32),
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  used_at    timestamptz, -- to the minute or so: not every request writes it
  revoked_by text not null default '',
  revoked_at timestamptz
);
create index tokens_newest on api.tokens (created_at desc, token desc);

alter table api.operations add column requested_by text not null default '';
