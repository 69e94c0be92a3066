-- +goose Up

-- How a container stands with its application. What a rule of the line asks of the containers that an event is not about is
-- the first of a standing, or how many there are: with this column and its index that costs the same for one member and
-- for a hundred thousand.
alter table policy.containers add column standing text not null generated always as (
  case when not wanted then case phase when 'gone' then 'gone' else 'ending' end
       when phase = 'queued' then case when floor > 0 then 'returning' else 'queued' end
       when phase = 'requested' then case when reason = '' then 'requested' else 'parked' end
       when phase = 'failed' then case when cause = 'agent' then 'failed' else 'given-up' end
       when phase = 'finished' then case when exit_code = 0 then 'finished' else 'given-up' end
       else phase end) stored;

drop index policy.containers_moving;

-- All but those at rest, which are most.
create index containers_standing on policy.containers (uid, standing, entity, ordinal)
  where standing not in ('healthy', 'gone');

-- Those that may have to take turns.
create index containers_held on policy.containers (uid, host, entity, ordinal) where standing = 'addressed';

-- Sensors of an entity are those of its lowest ordinal that has one.
create index containers_with_address on policy.containers (uid, entity, ordinal) where wanted and address <> '';
create index containers_with_ports on policy.containers (uid, entity, ordinal)
  where wanted and address <> '' and ports <> '[]';

create index withdrawals_final on policy.withdrawals (uid, entity, ordinal) where final;
