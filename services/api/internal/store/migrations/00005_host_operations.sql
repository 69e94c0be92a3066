-- +goose Up

-- An operation is about an application, or about a host.
alter table api.operations alter column uid drop not null;
alter table api.operations add column host text not null default '';
alter table api.operations add constraint operations_about_one check ((uid is null) <> (host = ''));
