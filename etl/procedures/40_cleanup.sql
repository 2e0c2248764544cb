-- cleanup_processed_events: what is past its retention goes, and the months are made ready ahead.
--
-- All of it in one transaction, for whoever calls it from psql; the job does the same piece by piece (db/retention.ts). The
-- collector must not queue behind us, so a lock on its tables is asked for at the very end and for a fifth of a second: a
-- month that somebody reads is emptied now, and dropped another night.

-- Gives each partition that is closed its B-tree on site and time, by which retention finds what goes. Answers how many.
create or replace function sort_closed_months() returns integer
language plpgsql as $$
declare
  v_partition record;
  v_sorted    integer := 0;
begin
  for v_partition in
    select name from events_log_archive() where coalesce(ends <= now(), true) and not is_sorted_by_site(name)
  loop
    execute format('create index %I on %I (site_id, created_at)',
      'idx_events_log_site_created_' || right(v_partition.name, 7), v_partition.name);
    v_sorted := v_sorted + 1;
  end loop;
  return v_sorted;
end
$$;

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

-- Makes the months up to three ahead, unless somebody uses the pending partition just now.
create or replace function make_months_ahead() returns void
language plpgsql as $$
begin
  perform set_config('lock_timeout', '200ms', true);
  begin
    perform add_events_log_months(now(), now() + interval '3 months');
  exception when lock_not_available then
    raise warning 'events_log_pending is in use; the months ahead are made another time';
  end;
  perform set_config('lock_timeout', '0', true);
end
$$;

-- Answers how many raw events went (those of whole months as Postgres estimates them).
create or replace function purge_processed_events(retention_days integer default 90) returns bigint
language plpgsql as $$
declare
  v_months text[] := array(select name from expired_months(retention_days));
  v_purged bigint;
begin
  -- The rows of months that go whole are not worth deleting.
  v_purged := delete_expired_events(retention_days, v_months);
  perform purge_records(retention_days);
  perform make_months_ahead();
  v_purged := v_purged + drop_expired_months(retention_days);
  -- Of those that could not be dropped.
  return v_purged + delete_expired_events(retention_days, '{}');
end
$$;

create or replace procedure cleanup_processed_events(retention_days integer default 90)
language plpgsql as $$
begin
  perform purge_processed_events(retention_days);
end
$$;
