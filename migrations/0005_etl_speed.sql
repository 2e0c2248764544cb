-- 0005_etl_speed: cheaper indexes where the ETL writes, and room for its updates.
--
-- Why:      each B-tree costs about half of what a row of user_events costs without any (etl/README.md).
--           pageviews, user_events: the key begins with (site_id, time), so it is the index on time, too. A session's
--           events are found by an index without their time, whose equal entries Postgres keeps but once.
--           user_sessions: no index on what each event changes, and room in the page, so an update touches no index.
-- Locks:    pageviews, user_events and user_sessions exclusively while the indexes are built, which takes the longer
--           the more they hold. The collector goes on; the ETL waits.
-- Rollback: 0005_etl_speed.down.sql builds the former indexes.

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
