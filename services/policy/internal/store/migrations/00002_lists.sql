-- +goose Up

-- The identities alone, in two views over one table each: who lists containers page by page walks their primary keys in
-- order and stops, which no union can.
create view policy.v_current as select uid, entity, ordinal from policy.containers where phase <> 'gone';

create view policy.v_leaving as select uid, entity, ordinal from policy.withdrawals;
