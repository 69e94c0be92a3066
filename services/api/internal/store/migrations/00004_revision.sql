-- +goose Up

-- Grows with everything that is asked of an application, in the transaction that takes it, so that of two requests made
-- in the same belief the second one is seen to be late.
alter table api.applications add column revision bigint not null default 1;
