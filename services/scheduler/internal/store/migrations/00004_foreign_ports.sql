-- +goose Up

-- Host ports that programs which are not Clocker's were seen to hold: leased to nobody until then, when they are tried
-- again. A port that a container of ours has is in scheduler.ports.
create table scheduler.foreign_ports (
  host     text not null references scheduler.hosts (host) on delete cascade,
  protocol text not null,
  port     int not null check (port between 1 and 65535),
  until    timestamptz not null,
  primary key (host, protocol, port)
);
