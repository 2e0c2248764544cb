-- What is there between two moments: sessions, pageviews, events, visitors, from session rows.
--
-- Reads: session_rows, dictionary, sites, hourly_values, stale_days; for sessions of more than 1,000 steps also pageviews and
-- user_events.
--
-- `offset 0` in the small functions: they are planned for each period by itself, by an index, and never as a join of all periods with
-- all sessions of the site.
--
-- A session counts on the day on which it starts, a pageview and an event on the day on which it happens. Days are in the site's
-- time zone.

-- When each day starts and ends: [starts, ends).
create or replace function day_bounds(site text, days date[]) returns table (day date, starts timestamptz, ends timestamptz)
language sql stable as $$
  select d.day, d.day::timestamp at time zone zone.name, (d.day + 1)::timestamp at time zone zone.name
  from unnest(days) as d(day), (select coalesce((select s.timezone from sites s where s.site_id = site), 'UTC') as name) zone
  offset 0
$$;

-- The hours of some days that are not over which are rolled up, and have not changed since.
create or replace function rolled_hours(site text, days date[]) returns table (hour timestamptz)
language sql stable as $$
  select v.hour
  from hourly_values v
  where v.site_id = site and v.dimension = 'channel' and v.day = any (days) and not exists (
    select from stale_days s
    where s.site_id = site and s.metric_date = v.day and (s.hour = v.hour or s.hour is null and not s.is_counted)
  )
$$;

-- What remains of these days: [starts, ends), several for a day.
create or replace function open_periods(site text, days date[]) returns table (day date, starts timestamptz, ends timestamptz)
language sql stable as $$
  select b.day, lower(period), upper(period)
  from day_bounds(site, days) b
  cross join lateral unnest(tstzmultirange(tstzrange(b.starts, b.ends)) - coalesce((
    select range_agg(tstzrange(h.hour, h.hour + interval '1 hour')) from rolled_hours(site, array[b.day]) h
  ), '{}')) as period
  offset 0
$$;

-- The sessions that start in [starts, ends).
create or replace function sessions_starting(site text, starts timestamptz, ends timestamptz) returns setof session_rows
language sql stable as $$
  select * from session_rows s where s.site_id = site and s.started_at >= starts and s.started_at < ends offset 0
$$;

-- The sessions that start before a moment and go on at it. Those that take an hour or longer are found by an index of their own.
create or replace function sessions_going_on(site text, moment timestamptz) returns setof session_rows
language sql stable as $$
  select * from session_rows s
  where s.site_id = site and s.started_at >= moment - interval '1 hour' and s.started_at < moment and s.ended_at >= moment
  union all
  select * from session_rows s
  where s.site_id = site and s.ended_at - s.started_at >= interval '1 hour' and s.ended_at >= moment
    and s.started_at < moment - interval '1 hour'
  offset 0
$$;

-- The sessions of which something may happen in [starts, ends).
create or replace function sessions_active(site text, starts timestamptz, ends timestamptz) returns setof session_rows
language sql stable as $$
  select * from sessions_going_on(site, starts) union all select * from sessions_starting(site, starts, ends)
$$;

-- The difference between what the sessions that start in [starts, ends) do and what happens in it: what earlier sessions do in it
-- (`sign` 1), and what its own do later (-1), each from `since` until before `until`.
create or replace function sessions_across(site text, starts timestamptz, ends timestamptz)
returns table (session session_rows, sign integer, since timestamptz, until timestamptz)
language sql stable as $$
  select s, 1, starts, ends from sessions_going_on(site, starts) s
  union all
  select s, -1, ends, 'infinity' from sessions_going_on(site, ends) s where s.started_at >= starts
$$;

-- How many pageviews and events of a session happen in [starts, ends).
create or replace function steps_between(s session_rows, starts timestamptz, ends timestamptz)
returns table (pageviews bigint, events bigint)
language sql stable as $$
  select
    case when is_whole(s) then (select count(*) from unnest(s.page_at) as at where at >= starts and at < ends)
    else (select count(*) from pageviews v
      where v.site_id = s.site_id and v.session_id = s.session_id and v.view_timestamp >= starts and v.view_timestamp < ends) end,
    case when is_whole(s) then (select count(*) from unnest(s.event_at) as at where at >= starts and at < ends)
    else (select count(*) from user_events e
      where e.site_id = s.site_id and e.session_id = s.session_id and e.event_timestamp >= starts and e.event_timestamp < ends) end
$$;

-- Those among them whose rows do not hold all of their steps: few, found by an index of their own.
create or replace function cut_sessions_active(site text, starts timestamptz, ends timestamptz) returns setof session_rows
language sql stable as $$
  select * from session_rows s
  where s.site_id = site and s.started_at < ends and s.ended_at >= starts and not is_whole(s)
  offset 0
$$;

-- Whether all that a session did lies in the hour in which it starts, so that its counts are that hour's. Hours count from `midnight`.
create or replace function is_of_one_hour(s session_rows, midnight timestamptz) returns boolean
language sql immutable parallel safe as $$
  select date_bin('1 hour', s.started_at, midnight) = date_bin('1 hour', s.ended_at, midnight) and s.page_visitors is null and is_whole(s)
$$;

-- The pageviews in [starts, ends) of sessions that are not of one hour.
create or replace function views_across_hours(site text, starts timestamptz, ends timestamptz)
returns table (at timestamptz, visitor bigint)
language sql stable as $$
  select v.at, coalesce(v.visitor, s.visitor)
  from sessions_active(site, starts, ends) s
  cross join lateral unnest(s.page_at, s.page_visitors) as v(at, visitor)
  where is_whole(s) and not is_of_one_hour(s, starts) and v.at >= starts and v.at < ends
  union all
  select v.view_timestamp, visitor_hash(v.visitor_id)
  from cut_sessions_active(site, starts, ends) s
  join pageviews v on v.site_id = s.site_id and v.session_id = s.session_id
  where v.view_timestamp >= starts and v.view_timestamp < ends
$$;

-- The same of events.
create or replace function events_across_hours(site text, starts timestamptz, ends timestamptz) returns table (at timestamptz)
language sql stable as $$
  select e.at
  from sessions_active(site, starts, ends) s
  cross join lateral unnest(s.event_at) as e(at)
  where is_whole(s) and not is_of_one_hour(s, starts) and e.at >= starts and e.at < ends
  union all
  select e.event_timestamp
  from cut_sessions_active(site, starts, ends) s
  join user_events e on e.site_id = s.site_id and e.session_id = s.session_id
  where e.event_timestamp >= starts and e.event_timestamp < ends
$$;

-- The visitors of [starts, ends), some of them several times: those of sessions that start in it, and of pageviews.
create or replace function visitors_between(site text, starts timestamptz, ends timestamptz) returns table (visitor bigint)
language sql stable as $$
  select s.visitor from sessions_starting(site, starts, ends) s
  union all
  select coalesce(v.visitor, s.visitor)
  from (
    select * from sessions_going_on(site, starts)
    union all
    -- Few, found by an index of their own.
    (select * from session_rows s
     where s.site_id = site and s.started_at >= starts and s.started_at < ends and s.page_visitors is not null offset 0)
  ) s
  cross join lateral unnest(s.page_at, s.page_visitors) as v(at, visitor)
  where is_whole(s) and v.at >= starts and v.at < ends
  union all
  select visitor_hash(v.visitor_id)
  from cut_sessions_active(site, starts, ends) s
  join pageviews v on v.site_id = s.site_id and v.session_id = s.session_id
  where v.view_timestamp >= starts and v.view_timestamp < ends
$$;

create or replace function visitors_of_days(site text, days date[]) returns table (day date, visitor bigint)
language sql stable as $$
  select b.day, v.visitor
  from day_bounds(site, days) b
  cross join lateral visitors_between(site, b.starts, b.ends) v
$$;
