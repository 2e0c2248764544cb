-- 0011_site_ranges: the months' index on site and time becomes block ranges, too; a month that is closed gets it as a B-tree.
--
-- Why:      as a B-tree it cost 23 of the 120 ms in which 10,000 raw events are moved into their month (etl/README.md). Only
--           retention reads by it, and nearly always in months that are closed: there cleanup builds a B-tree at once, as it
--           does with the index on the raw data. In the month that is written to, retention and people read block ranges.
--           These hold the time, too, so the block range index on the time alone goes.
-- Locks:    the ETL and cleanup wait. Each month against writes while its new index is built, about a second a gigabyte: the
--           collector goes on, since it only reads there. At the end events_log and its partitions exclusively, for a moment;
--           while somebody reads them that is tried again each second, for a fifth of a second, ten minutes long.
--           The next cleanup builds the B-trees of the closed months, some seconds each, against writes that they do not get.
-- Rollback: 0011_site_ranges.down.sql builds the former indexes again, with the same locks.

create temporary table wanted_indexes (name text, definition text, child text) on commit drop;
insert into wanted_indexes values
  ('idx_events_log_site_created', 'brin (site_id text_bloom_ops (n_distinct_per_range = 32), created_at) with (pages_per_range = 32)', 'site_id_created_at_idx');

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

  drop index if exists idx_events_log_site_created, idx_events_log_created_brin;
  for v_index in select name, definition from wanted_indexes loop
    execute format('create index %I on only events_log using %s', v_index.name, v_index.definition);
  end loop;
  for v_index in select name, new_name, final_name from built_indexes loop
    execute format('alter index %I attach partition %I', v_index.name, v_index.new_name);
    execute format('alter index %I rename to %I', v_index.new_name, v_index.final_name);
  end loop;
end
$$;
