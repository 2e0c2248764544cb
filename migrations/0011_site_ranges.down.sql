create temporary table wanted_indexes (name text, definition text, child text) on commit drop;
insert into wanted_indexes values
  ('idx_events_log_site_created', 'btree (site_id, created_at)', 'site_id_created_at_idx'),
  ('idx_events_log_created_brin', 'brin (created_at)', 'created_at_idx');

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

  for v_index in
    select x.indexrelid::regclass as name
    from pg_index x join pg_inherits i on i.inhrelid = x.indrelid
    where i.inhparent = 'events_log'::regclass and x.indexrelid::regclass::text like 'idx\_events\_log\_site\_created\_%'
  loop
    execute format('drop index %s', v_index.name);
  end loop;
  drop index if exists idx_events_log_site_created;
  for v_index in select name, definition from wanted_indexes loop
    execute format('create index %I on only events_log using %s', v_index.name, v_index.definition);
  end loop;
  for v_index in select name, new_name, final_name from built_indexes loop
    execute format('alter index %I attach partition %I', v_index.name, v_index.new_name);
    execute format('alter index %I rename to %I', v_index.new_name, v_index.final_name);
  end loop;
end
$$;
