-- +goose Up

-- The id of an application is looked up only for those who want it: most readers name containers by uid, and a join would
-- be made for each of them all the same.
create or replace view policy.v_containers as
  select c.uid, (select a.application from policy.applications a where a.uid = c.uid) as application,
         c.entity, c.ordinal, c.generation, c.wanted,
         case when c.wanted then c.phase else 'withdrawn' end as state,
         c.host, c.reason, c.attempt, c.exit_code, c.engine_id, c.started_at, c.since as updated_at
  from policy.containers c
  where c.phase <> 'gone'
  union all
  select w.uid, (select a.application from policy.applications a where a.uid = w.uid) as application,
         w.entity, w.ordinal, w.generation, false,
         case when w.removed_at is null then 'withdrawn' else 'removed' end,
         w.host, w.reason, 0, 0, '', null, coalesce(w.removed_at, w.since)
  from policy.withdrawals w;

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
              else c.since end as since
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
         w.reason, coalesce(w.removed_at, w.since)
  from policy.withdrawals w;
