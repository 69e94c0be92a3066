-- +goose Up

-- How an operation may end; cancelled is by another operation, of kind cancel, whose target it is.
alter table api.operations drop constraint operations_state_check;
alter table api.operations add constraint operations_state_check check (state in ('running', 'done', 'failed', 'cancelled'));
create index operations_cancels on api.operations (target) where kind = 'cancel';
