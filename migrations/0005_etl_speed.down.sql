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

-- Also those of the months that closed meanwhile.
do $$
declare
  v_index text;
begin
  for v_index in
    select c.relname from pg_class c
    where c.relkind = 'i' and c.relnamespace = current_schema()::regnamespace
      and c.relname ~ '^idx_events_log_(timestamp|site_created|session|event_type)(_\d{4}_\d\d)?$'
  loop
    execute format('drop index %I', v_index);
  end loop;
end
$$;
create index idx_events_log_timestamp    on only events_log (timestamp);
create index idx_events_log_site_created on only events_log (site_id, created_at);
create index idx_events_log_session      on only events_log (session_id);
create index idx_events_log_event_type   on only events_log (event_type);
-- The pending partition goes without; the others get theirs.
do $$
declare
  v_part  regclass;
  v_keys  text[];
begin
  for v_part in select inhrelid::regclass from pg_inherits where inhparent = 'events_log'::regclass and inhrelid <> 'events_log_pending'::regclass loop
    foreach v_keys slice 1 in array array[['timestamp', 'timestamp'], ['site_created', 'site_id, created_at'],
                                          ['session', 'session_id'], ['event_type', 'event_type']] loop
      execute format('create index %I on %s (%s)', v_part || '_' || v_keys[1], v_part, v_keys[2]);
      execute format('alter index %I attach partition %I', 'idx_events_log_' || v_keys[1], v_part || '_' || v_keys[1]);
    end loop;
  end loop;
end
$$;
