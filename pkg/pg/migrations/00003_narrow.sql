-- +goose Up

-- Each event is written once and each index of it costs as much as the row. Only what is asked for by application, which
-- is how people look for events, keeps a tree; by topic and host, a summary of each 32 pages says which ones to read.
create index events_scope on events.events using brin
  (number, topic text_bloom_ops (n_distinct_per_range = 64), host text_bloom_ops (n_distinct_per_range = 256))
  with (pages_per_range = 32, autosummarize = on);
drop index events.events_topic;
drop index events.events_host;
