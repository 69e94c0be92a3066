-- +goose Up

-- The trace context of who asked: what is told of the image, whenever that is, goes on under it.
alter table imagebuilder.requests add column trace text not null default '';
