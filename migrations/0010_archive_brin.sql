-- 0010_archive_brin: the months' indexes that only searches use become block range indexes, under the same names.
--
-- Why:      as B-trees they made up half of what it cost to move a raw event into its month, and the more the larger the month
--           (etl/README.md). Raw events lie about in the order of their times and sessions, 32 pages of them are some 250 rows,
--           and a search has to read few such ranges. Until a range is summarized (summarize_months) a new row costs next to
--           nothing; until then it is read by every search.
--           Two stay B-trees: on event_id, which the collector asks about every event, and on (site_id, created_at), by which
--           retention finds each site's oldest events, and people its latest; a new row goes to the end of its site there.
-- Locks:    the ETL and cleanup wait. Each month against writes while its new indexes are built, some seconds a gigabyte: the
--           collector goes on, since it only reads there. At the end events_log and its partitions exclusively, for a moment;
--           while somebody reads them that is tried again each second, for a fifth of a second, ten minutes long.
-- Rollback: 0010_archive_brin.down.sql builds the B-trees again, with the same locks.

create temporary table wanted_indexes (name text, definition text, child text) on commit drop;
insert into wanted_indexes values
  ('idx_events_log_timestamp', 'brin (timestamp) with (pages_per_range = 32)', 'timestamp_idx'),
  ('idx_events_log_processed', 'brin (processed_at) with (pages_per_range = 32)', 'processed_at_idx'),
  ('idx_events_log_event_type', 'brin (event_type text_bloom_ops (n_distinct_per_range = 32)) with (pages_per_range = 32)', 'event_type_idx'),
  ('idx_events_log_session', 'brin (session_id text_bloom_ops (n_distinct_per_range = 128, false_positive_rate = 0.002)) with (pages_per_range = 32)', 'session_id_idx');

do $$
declare
  v_tries integer := 0;
  v_index record;
begin
  -- Whoever writes into the months waits before it holds anything, so that nobody waits for each other.
  perform pg_advisory_xact_lock(hashtextextended('footfall:' || job, 0)) from unnest('{process-events,cleanup}'::text[]) as job;
  create temporary table built_indexes on commit drop as
  select
    w.name, p.relname || '_' || w.child as final_name, p.relname || '_' || w.child || '_new' as new_name,
    format('create index %I on %I using %s', p.relname || '_' || w.child || '_new', p.relname, w.definition) as build
  from wanted_indexes w, pg_inherits i join pg_class p on p.oid = i.inhrelid
  where i.inhparent = 'events_log'::regclass and p.relname <> 'events_log_pending';
  for v_index in select build from built_indexes loop
    execute v_index.build;
  end loop;

  -- A lock that is waited for is one that the collector waits behind.
  perform set_config('lock_timeout', '200ms', true);
  loop
    begin
      lock table events_log in access exclusive mode;
      exit;
    exception when lock_not_available then
      v_tries := v_tries + 1;
      if v_tries = 600 then
        raise exception 'events_log was in use for ten minutes' using hint = 'end what reads it (pg_stat_activity), then migrate again';
      end if;
      perform pg_sleep(1);
    end;
  end loop;
  perform set_config('lock_timeout', '0', true);

  drop index if exists idx_events_log_timestamp, idx_events_log_processed, idx_events_log_event_type, idx_events_log_session;
  for v_index in select name, definition from wanted_indexes loop
    execute format('create index %I on only events_log using %s', v_index.name, v_index.definition);
  end loop;
  for v_index in select name, new_name, final_name from built_indexes loop
    execute format('alter index %I attach partition %I', v_index.name, v_index.new_name);
    execute format('alter index %I rename to %I', v_index.new_name, v_index.final_name);
  end loop;
end
$$;
