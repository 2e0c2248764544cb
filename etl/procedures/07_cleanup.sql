-- cleanup_processed_events: what is past its retention goes, and the months are made ready ahead.
--
-- Raw events that were processed and arrived more than `retention_days` ago are dropped: whole months at once, the
-- rest row by row. Events that wait are never touched. The collector must not queue behind us, so a lock on its tables
-- is asked for at the very end and for a fifth of a second: a month that somebody reads is emptied now, and dropped
-- another night.

-- Gives each month that is closed the index that makes the raw data searchable: it costs the collector nothing then.
create or replace function index_closed_months() returns integer
language plpgsql as $$
declare
  v_month   record;
  v_indexed integer := 0;
begin
  for v_month in select * from events_log_months() where ends <= now() loop
    if to_regclass('idx_events_log_raw_data_gin_' || v_month.suffix) is null then
      execute format('create index %I on %I using gin (raw_event_data)',
        'idx_events_log_raw_data_gin_' || v_month.suffix, v_month.name);
      v_indexed := v_indexed + 1;
    end if;
  end loop;
  return v_indexed;
end
$$;

-- The months of events_log, oldest first.
create or replace function events_log_months() returns table (name text, suffix text, ends timestamptz)
language sql stable as $$
  select
    c.relname::text,
    right(c.relname::text, 7),
    (to_date(right(c.relname::text, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC'
  from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'events_log'::regclass and c.relname ~ '^events_log_\d{4}_\d\d$'
  order by 1
$$;

-- Answers how many raw events went (those of whole months as Postgres estimates them).
create or replace function purge_processed_events(retention_days integer default 90) returns bigint
language plpgsql as $$
declare
  v_cutoff timestamptz;
  v_month  record;
  v_purged bigint;
  v_first  timestamptz;
  v_last   timestamptz;
begin
  if retention_days is null or retention_days < 0 then
    raise exception 'retention_days is %, but must be 0 or more', coalesce(retention_days::text, 'null')
      using errcode = 'invalid_parameter_value';
  end if;
  if retention_days > 36500 then
    raise exception 'retention_days is %, but must be at most 36500', retention_days using errcode = 'invalid_parameter_value';
  end if;
  v_cutoff := now() - make_interval(days => retention_days);

  -- The rows of months that go whole are not worth deleting one by one.
  select min(ends) - interval '1 month', max(ends) filter (where ends <= v_cutoff) into v_first, v_last from events_log_months();
  delete from events_log
  where processed_at is not null
    and created_at < v_cutoff
    and (v_last is null or processed_at < v_first or processed_at >= v_last);
  get diagnostics v_purged = row_count;
  delete from failed_events where failed_at < v_cutoff;
  delete from job_runs where started_at < now() - interval '30 days';
  delete from visitor_salts where day < (now() at time zone 'UTC')::date - 1;

  perform set_config('lock_timeout', '200ms', true);
  begin
    perform add_events_log_months(now(), now() + interval '3 months');
  exception when lock_not_available then
    raise warning 'events_log_pending is in use; the months ahead are made another time';
  end;
  for v_month in
    select m.name, greatest(c.reltuples, 0)::bigint as row_count
    from events_log_months() m join pg_class c on c.oid = to_regclass(m.name)
    where m.ends <= v_cutoff
  loop
    begin
      execute format('drop table if exists %I', v_month.name);
      v_purged := v_purged + v_month.row_count;
    exception when lock_not_available then
      execute format('delete from %I', v_month.name);
      raise warning '% is in use; its rows are deleted now, it is dropped another time', v_month.name;
    end;
  end loop;
  perform set_config('lock_timeout', '0', true);
  return v_purged;
end
$$;

create or replace procedure cleanup_processed_events(retention_days integer default 90)
language plpgsql as $$
begin
  perform purge_processed_events(retention_days);
end
$$;
