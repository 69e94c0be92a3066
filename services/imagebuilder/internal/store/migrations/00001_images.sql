-- +goose Up
-- Every transaction that changes this schema holds this one row first: an image that is parked because no host is
-- ready, and the host that wakes it, so never miss each other, and no two transactions wait for each other in a ring.
create table imagebuilder.gate (
  one boolean primary key default true constraint gate_one check (one)
);
insert into imagebuilder.gate values (true);

-- Attempts are unique over all images and for all time: an agent remembers those it has reported. A transaction takes a
-- block of a thousand.
create sequence imagebuilder.attempts as bigint increment 1000;

create table imagebuilder.images (
  key        text primary key,
  source     jsonb not null,
  state      text not null constraint images_state check (state in ('working', 'ready', 'failed')),
  cloud      text not null,
  host       text not null default '', -- that works on it or has it; empty while it is parked
  attempt    bigint not null,
  tries      int not null,
  retry_at   timestamptz,
  image      text not null default '',
  reference  text not null default '',
  size       bigint not null default 0,
  reason     text not null default '',
  tail       jsonb not null default '[]',
  revision   bigint not null default 0, -- of its host, when it last changed
  updated_at timestamptz not null default now()
);

create table imagebuilder.requests (
  uid         text not null,
  application text not null,
  key         text not null references imagebuilder.images,
  told        text not null default '' constraint requests_told check (told in ('', 'ready', 'failed')),
  cause       bigint not null,          -- number of the event that asked: what is told follows from it
  asked_at    timestamptz not null default now(),
  primary key (uid, key)
);

-- For the images that nobody asks for any more, and for telling those who ask.
create index requests_key on imagebuilder.requests (key);

create table imagebuilder.hosts (
  host     text primary key,
  revision bigint not null default 0, -- of its list of images
  epoch    bigint not null default 0, -- that counter belongs to
  counter  bigint not null default 0  -- of the last fact that was settled
);

create view imagebuilder.v_images as
  select key, state, image, reference, source, coalesce(source ->> 'dockerfile', source ->> 'path') is not null as built,
    reason, tail, size, updated_at
  from imagebuilder.images;

create view imagebuilder.v_requests as select uid, application, key from imagebuilder.requests;
