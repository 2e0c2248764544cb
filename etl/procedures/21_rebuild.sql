-- Rebuilds: paths, times and bounces are computed and rows of sessions are written again from the facts, the latest first, in slices that a crash does not undo.
--
-- Reads:  user_sessions, pageviews, user_events, user_agents, rebuilds.
-- Writes: paths, times and bounces of the facts (09_paths.sql, 16_times.sql), session_rows, dictionary, stale_days, rebuilds; drops the tables of the previous release's roll-ups after an upgrade.

-- Begins a rebuild of the sessions of a site (null: of all) that start in [starts, ends): a row for each month, so that several
-- processes can work on one. Returns whether there is something to do; false also where a rebuild is under way.
create or replace function begin_rebuild(site text, starts timestamptz, ends timestamptz) returns boolean
language plpgsql as $$
declare
  v_first timestamptz;
  v_last  timestamptz;
begin
  lock table rebuilds in share row exclusive mode;
  if exists (select from rebuilds where finished_at is null) then
    return false;
  end if;
  select min(s.first), max(s.last) into v_first, v_last
  from (select known.site_id from sites_with_facts() known where site is null or known.site_id = site) known
  cross join lateral (
    select min(s.session_start) as first, max(s.session_start) as last
    from user_sessions s
    where s.site_id = known.site_id and s.session_start >= starts and s.session_start < ends
  ) s;
  insert into rebuilds (site_id, starts, ends, reached, definitions)
  select site, greatest(month, v_first), month_end, month_end, row_definitions()
  from (
    select month, coalesce(lead(month) over (order by month), ends) as month_end
    from generate_series(date_trunc('month', v_first), v_last, interval '1 month') as month
  ) months;
  return v_first is not null;
end
$$;

-- Writes the rows of the next slice of the rebuild that is under way: of about `most` sessions, of the latest month that no other
-- process is at. Returns how many sessions that were; null where no month is left.
--
-- The slice's sessions are locked while they are written. One that another transaction has locked is skipped, since a batch writes
-- its row; where it has none of these definitions yet, the next slice begins with it: the other may fail, or not write rows.
create or replace function rebuild_slice(most integer default 1000) returns integer
language plpgsql
set jit = off
set plan_cache_mode = force_custom_plan
as $$
declare
  v          rebuilds;
  v_from     timestamptz;
  v_known    text[];
  v_sites    text[];
  v_sessions text[];
  v_skipped  timestamptz;
begin
  select * into v from rebuilds where finished_at is null order by starts desc limit 1 for update skip locked;
  if not found then
    if to_regclass('session_segments') is not null and not exists (select from rebuilds where finished_at is null) then
      perform drop_packed_segments();
    end if;
    return null;
  end if;
  if v.definitions < row_definitions() then
    -- A later release goes on with it: what is done is of the definitions before, in the months that are finished, too.
    v.reached := v.ends;
    update rebuilds set reached = ends, finished_at = null, definitions = row_definitions()
    where id in (
      select id from rebuilds
      where started_at = v.started_at and finished_at is not null and definitions < row_definitions()
      for update skip locked
    );
  end if;
  v_known := array(
    select known.site_id from (select site_id from sites_with_facts() union select distinct site_id from dictionary) known
    where v.site_id is null or known.site_id = v.site_id
  );
  v_from := greatest(v.starts, least(v.reached, clock_timestamp() + interval '1 day') - v.slice);
  -- After days without sessions the slice is long, and may meet a day of millions.
  v_from := greatest(v_from, (
    select s.session_start
    from unnest(v_known) as known(site_id)
    cross join lateral (
      select u.session_start from user_sessions u
      where u.site_id = known.site_id and u.session_start >= v_from and u.session_start < v.reached
      order by u.session_start desc limit most * 2
    ) s
    order by s.session_start desc offset most * 2 - 1 limit 1
  ));
  select array_agg(s.site_id), array_agg(s.session_id) into v_sites, v_sessions
  from unnest(v_known) as known(site_id)
  cross join lateral (
    select s.site_id, s.session_id
    from user_sessions s
    where s.site_id = known.site_id and s.session_start >= v_from and s.session_start < v.reached
    for no key update skip locked
  ) s;
  if v_sites is not null then
    perform rewrite_paths(v_sites, v_sessions);
    perform recompute_sessions(v_sites, v_sessions);
    perform write_session_rows(v_sites, v_sessions);
  end if;
  with gone as (
    delete from session_rows r
    using unnest(v_known) as known(site_id)
    where r.site_id = known.site_id and r.started_at >= v_from and r.started_at < v.reached
      and not exists (select from user_sessions u where u.site_id = r.site_id and u.session_id = r.session_id)
    returning r.site_id, r.started_at, r.ended_at
  ),
  changed as (
    select * from gone
    union all
    select r.site_id, r.started_at, r.ended_at
    from unnest(v_sites, v_sessions) as written(site_id, session_id)
    join session_rows r using (site_id, session_id)
  )
  insert into stale_days (site_id, metric_date, marked_at)
  select distinct site_id, day::date, clock_timestamp()
  from (
    select distinct c.site_id, (c.started_at at time zone coalesce(s.timezone, 'UTC'))::date as first_day,
      (c.ended_at at time zone coalesce(s.timezone, 'UTC'))::date as last_day
    from changed c
    left join sites s on s.site_id = c.site_id
  ) days
  cross join lateral generate_series(first_day::timestamp, last_day::timestamp, interval '1 day') as day;
  select max(u.session_start) + interval '1 microsecond' into v_skipped
  from unnest(v_known) as known(site_id)
  join user_sessions u on u.site_id = known.site_id and u.session_start >= v_from and u.session_start < v.reached
  left join session_rows r on r.site_id = u.site_id and r.session_id = u.session_id
  where r.definitions is null or r.definitions < row_definitions();
  if v_skipped is not null then
    perform pg_sleep(0.05); -- the caller comes again at once
  end if;
  update rebuilds set
    reached = coalesce(v_skipped, v_from),
    definitions = row_definitions(),
    slice = case
      when coalesce(cardinality(v_sites), 0) >= most * 2 then v.slice / 2
      when coalesce(cardinality(v_sites), 0) < most / 2 then least(v.slice * 2, interval '30 days')
      else v.slice
    end,
    finished_at = case when v_from <= v.starts and v_skipped is null then clock_timestamp() end
  where id = v.id;
  return coalesce(cardinality(v_sites), 0);
end
$$;

-- Drops what the releases before session rows answered from.
create or replace function drop_packed_segments() returns void
language sql as $$
  drop view if exists recent_long_sessions, stretches_between_rolled_up_days, rolled_up_days;
  drop table if exists session_segments, session_visitors, session_counts, session_values, daily_dimensions, monthly_dimensions, daily_steps, long_sessions;
$$;
