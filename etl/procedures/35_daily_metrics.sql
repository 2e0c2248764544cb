-- calculate_daily_metrics: recomputes daily_site_metrics, and what questions are answered from, for each site and day in
-- [start_date, end_date].
--
-- Reads:  user_sessions, pageviews, user_events, form_submissions.
-- Writes: session_rows, dictionary, and what roll-ups write (34_roll_up.sql).
--
-- Days are in the site's time zone (sites.timezone). Idempotent: a day is replaced, never added to. Facts that were changed by hand
-- count: rows that differ from the facts are written again first. At most ten years at a time.

-- Writes the rows of the sessions that are active in [starts, ends), where they differ from the facts. Returns how many were written.
--
-- Only sessions whose rows differ are locked; one that a batch is writing is skipped, since the batch writes its row.
create or replace function repair_session_rows(site text, starts timestamptz, ends timestamptz) returns integer
language plpgsql as $$
declare
  v_sites    text[];
  v_sessions text[];
begin
  select array_agg(active.site_id), array_agg(active.session_id) into v_sites, v_sessions
  from (
    select u.site_id, u.session_id
    from user_sessions u where u.site_id = site and u.session_start >= starts - interval '12 hours' and u.session_start < ends
    union
    select s.site_id, s.session_id from sessions_active(site, starts, ends) s
  ) active;
  select array_agg(differing.site_id), array_agg(differing.session_id) into v_sites, v_sessions
  from (
    select m.site_id, m.session_id
    from make_session_rows(v_sites, v_sessions, null) m
    left join session_rows r on r.site_id = m.site_id and r.session_id = m.session_id
    where r is distinct from m
    union all
    select r.site_id, r.session_id
    from session_rows r
    where r.site_id = site and r.started_at >= starts and r.started_at < ends
      and not exists (select from user_sessions u where u.site_id = r.site_id and u.session_id = r.session_id)
  ) differing;
  if v_sites is null then
    return 0;
  end if;
  select array_agg(locked.site_id), array_agg(locked.session_id) into v_sites, v_sessions
  from (
    select asked.site_id, asked.session_id
    from unnest(v_sites, v_sessions) as asked(site_id, session_id)
    where lock_session(asked.site_id, asked.session_id)
  ) locked;
  return coalesce(write_session_rows(v_sites, v_sessions), 0);
end
$$;

-- Locks a session until the end of the transaction. Returns false where a batch has it just now.
create or replace function lock_session(site text, session text) returns boolean
language plpgsql as $$
begin
  perform from user_sessions u where u.site_id = site and u.session_id = session for no key update skip locked;
  return found or not exists (select from user_sessions u where u.site_id = site and u.session_id = session);
end
$$;

-- Every site that has facts, found by skipping from one to the next along an index.
create or replace function sites_with_facts() returns table (site_id text)
language sql stable as $$
  with recursive
  visited as (
    select min(s.site_id) as site_id from user_sessions s
    union all
    select (select min(s.site_id) from user_sessions s where s.site_id > v.site_id) from visited v where v.site_id is not null
  ),
  viewed as (
    select min(p.site_id) as site_id from pageviews p
    union all
    select (select min(p.site_id) from pageviews p where p.site_id > v.site_id) from viewed v where v.site_id is not null
  ),
  used as (
    select min(e.site_id) as site_id from user_events e
    union all
    select (select min(e.site_id) from user_events e where e.site_id > v.site_id) from used v where v.site_id is not null
  )
  select v.site_id from visited v where v.site_id is not null
  union
  select v.site_id from viewed v where v.site_id is not null
  union
  select v.site_id from used v where v.site_id is not null
$$;

-- Whether this transaction holds the lock of process_events.
create or replace function has_processed_batch() returns boolean
language sql stable as $$
  select exists (
    select from pg_locks l
    where l.pid = pg_backend_pid() and l.locktype = 'advisory' and l.mode = 'ExclusiveLock' and l.granted
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended('footfall:process-events', 0)
  )
$$;

create or replace procedure calculate_daily_metrics(
  start_date date default (now() at time zone 'UTC')::date - 1,
  end_date   date default (now() at time zone 'UTC')::date - 1
)
language plpgsql as $$
declare
  v          record;
  v_repaired integer;
begin
  if start_date is null or end_date is null then
    raise exception 'start_date and end_date must be dates, not null' using errcode = 'invalid_parameter_value';
  end if;
  if end_date < start_date then
    raise exception 'end_date % lies before start_date %', end_date, start_date using errcode = 'invalid_parameter_value';
  end if;
  if end_date - start_date > 3660 then
    raise exception '% to % is more than ten years', start_date, end_date using errcode = 'invalid_parameter_value';
  end if;
  -- Another transaction may hold the roll-up lock and wait to process a batch: waiting for it here would be a deadlock.
  if has_processed_batch() and not pg_try_advisory_xact_lock(hashtextextended('footfall:roll-up', 0)) then
    perform mark_days(known.site_id, array(select generate_series(start_date::timestamp, end_date::timestamp, interval '1 day')::date)) from sites_with_facts() known;
    raise notice 'another roll-up is under way: daily-metrics recomputes these days after it';
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('footfall:roll-up', 0));
  if exists (select from rebuilds where is_upgrade and finished_at is null and reached > start_date) then
    raise notice 'sessions of these days are still being read in after an upgrade (footfall rebuild): until then only those that are done count';
  end if;
  for v in
    select known.site_id, month, array_agg(day::date order by day) as days
    from (
      select site_id from sites_with_facts()
      union
      select site_id from daily_site_metrics where metric_date between start_date and end_date
    ) known
    cross join generate_series(start_date::timestamp, end_date::timestamp, interval '1 day') as day
    cross join lateral date_trunc('month', day) as month
    group by known.site_id, month
    order by known.site_id, month
  loop
    select repair_session_rows(v.site_id, min(b.starts), max(b.ends)) into v_repaired from day_bounds(v.site_id, v.days) b;
    if v_repaired > 0 then
      -- Sessions may reach into the days beside these.
      perform mark_days(v.site_id, array[v.days[1] - 1, v.days[cardinality(v.days)] + 1]);
    end if;
    delete from stale_days d where d.site_id = v.site_id and d.metric_date = any (v.days);
    perform roll_up_days(v.site_id, v.days);
    perform roll_up_visitors(v.site_id, v.days);
    perform write_daily_metrics(array_fill(v.site_id, array[cardinality(v.days)]), v.days);
    -- A day that is not over is answered from rows until it is.
    insert into stale_days (site_id, metric_date, marked_at, is_counted)
    select v.site_id, b.day, clock_timestamp(), true from day_bounds(v.site_id, v.days) b where b.ends + closing_delay() > now();
  end loop;
end
$$;
