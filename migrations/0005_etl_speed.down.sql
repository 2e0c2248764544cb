alter table user_sessions reset (fillfactor, autovacuum_vacuum_scale_factor);
drop index idx_user_sessions_active;
create index idx_user_sessions_active on user_sessions (coalesce(last_event_at, session_start)) where session_end is null;

drop index idx_user_events_session;
alter table user_events drop constraint user_events_pkey, add primary key (id, site_id);
create index idx_user_events_session   on user_events (site_id, session_id, event_timestamp);
create index idx_user_events_site_time on user_events (site_id, event_timestamp, event_type);

alter table pageviews reset (fillfactor);
alter table pageviews drop constraint pageviews_pkey, add primary key (id, site_id);
create index idx_pageviews_site_time on pageviews (site_id, view_timestamp);
