-- +goose Up

-- Those of one application, from the newest.
create index operations_of on api.operations (application, requested_at desc, operation desc);
