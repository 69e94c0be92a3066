-- +goose Up

-- An operation is about an application, about a host, or about a cloud, which is its target then.
alter table api.operations drop constraint operations_about_one;
alter table api.operations add constraint operations_about_one check
  ((uid is not null)::int + (host <> '')::int + (kind like 'cloud-%')::int = 1);
