-- 0005_etl_speed: fewer and cheaper indexes where the ETL writes, and room for its updates.
--
-- Why:      indexes are half of what moving a raw row costs, and most of what inserting an event does (etl/README.md).
--           events_log: the open month keeps what the ETL and the collector look up (processed_at, event_id, the block
--           ranges of created_at); what only people search by is built when a month closes, as the index on the raw data
--           is (cleanup_processed_events). The names stand on events_log_history.
--           pageviews, user_events: the key begins with (site_id, time), so it is the index on time, too. A session's
--           events are found by an index without their time, whose equal entries Postgres keeps but once.
--           user_sessions: no index on what each event changes, and room in the page, so an update touches no index.
-- Locks:    events_log, pageviews, user_events and user_sessions exclusively while the indexes are built, which takes the
--           longer the more they hold. The collector waits or spools meanwhile.
-- Rollback: 0005_etl_speed.down.sql builds the former indexes.

drop index idx_events_log_timestamp, idx_events_log_site_created, idx_events_log_session, idx_events_log_event_type;
create index idx_events_log_timestamp    on events_log_history (timestamp);
create index idx_events_log_site_created on events_log_history (site_id, created_at);
create index idx_events_log_session      on events_log_history (session_id);
create index idx_events_log_event_type   on events_log_history (event_type);

alter table pageviews drop constraint pageviews_pkey, add primary key (site_id, view_timestamp, id);
drop index idx_pageviews_site_time;
-- Each pageview is updated once, when the next one tells how long it was read.
alter table pageviews set (fillfactor = 85);

alter table user_events drop constraint user_events_pkey, add primary key (site_id, event_timestamp, id);
drop index idx_user_events_site_time, idx_user_events_session;
create index idx_user_events_session on user_events (site_id, session_id);

drop index idx_user_sessions_active;
create index idx_user_sessions_active on user_sessions (session_start) where session_end is null;
alter table user_sessions set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
