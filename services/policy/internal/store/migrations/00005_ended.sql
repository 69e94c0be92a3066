-- +goose Up

-- A member that was dropped and is wanted again waits until nothing is left of what it was. That is a standing of its own: those
-- that may enter the line are the first of theirs then, however many wait before them.
alter table policy.containers add column ended boolean not null default false;

update policy.containers c set ended = true
  where wanted and phase = 'queued' and exists (
    select from policy.withdrawals w where w.uid = c.uid and w.entity = c.entity and w.ordinal = c.ordinal and w.final);

alter table policy.containers drop column standing;

alter table policy.containers add column standing text not null generated always as (
  case when not wanted then case phase when 'gone' then 'gone' else 'ending' end
       when phase = 'queued' then case when ended then 'ended' when floor > 0 then 'returning' else 'queued' end
       when phase = 'requested' then case when reason = '' then 'requested' else 'parked' end
       when phase = 'failed' then case when cause = 'agent' then 'failed' else 'given-up' end
       when phase = 'finished' then case when exit_code = 0 then 'finished' else 'given-up' end
       else phase end) stored;

create index containers_standing on policy.containers (uid, standing, entity, ordinal)
  where standing not in ('healthy', 'gone');

create index containers_held on policy.containers (uid, host, entity, ordinal) where standing = 'addressed';

-- With the standing, by which the watchdog passes over those at rest without reading them.
create or replace view policy.v_stages as
  select c.uid, (select a.application from policy.applications a where a.uid = c.uid) as application,
         c.entity, c.ordinal, c.generation,
         case when not c.wanted then 'ending'
              when c.phase = 'requested' and p.host is not null then 'placed'
              else c.phase end as stage,
         case when not c.wanted then 'waits for an older generation to be gone'
              when c.phase <> 'requested' then c.reason
              when p.host is not null then coalesce(ip.reason, '')
              else coalesce(sp.reason, '') end as reason,
         case when c.wanted and c.phase = 'requested' and p.host is not null then p.placed_at
              else c.since end as since,
         c.standing
  from policy.containers c
  left join scheduler.v_placements p using (uid, entity, ordinal, generation)
  left join scheduler.v_parked sp using (uid, entity, ordinal, generation)
  left join ipam.v_parked ip using (uid, entity, ordinal, generation)
  where c.phase <> 'gone'
  union all
  -- On the way back the agent comes first when it holds the container; removed is the turn of ipam and the scheduler.
  select w.uid, (select a.application from policy.applications a where a.uid = w.uid) as application,
         w.entity, w.ordinal, w.generation,
         case when w.assigned and w.removed_at is null then 'withdrawn' else 'removed' end,
         w.reason, coalesce(w.removed_at, w.since), 'leaving'::text
  from policy.withdrawals w;
