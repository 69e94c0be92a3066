-- +goose Up

-- A prefix of the log may be pruned. pruned is its last number and pruned_hash that event's hash, from which the rest is
-- checked.
alter table events.head
  add column pruned      bigint not null default 0,
  add column pruned_hash bytea  not null default decode(repeat('00', 32), 'hex'),
  add check (pruned <= number);

-- prune is the one way in which an event goes: no role may delete from events.events. It runs with its owner's rights and
-- itself refuses what somebody still needs: what the stream was not known to hold, what a consumer has not handled, a
-- dead letter, and the last event. events.v_needed is made when rights are granted.
-- +goose StatementBegin
create function events.prune(through bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  head events.head;
  last bytea;
begin
  select * into strict head from events.head;
  if through > least(head.published, head.number - 1, (select min(n.number) - 1 from events.v_needed n)) then
    raise exception 'event % is still needed', through;
  end if;
  select e.hash into last from events.events e where e.number = through and through > head.pruned;
  if not found then
    raise exception 'event % is not there', through;
  end if;
  delete from events.events e where e.number <= through;
  update events.head set pruned = through, pruned_hash = last;
end $$;
-- +goose StatementEnd
revoke execute on function events.prune from public;
