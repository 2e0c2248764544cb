-- Hours, and visitors: who was there on which day, and when before (migrations/0006_stats.sql).

create or replace function roll_up_hours(site text, first date, last date) returns void
language plpgsql as $$
declare
  v record;
begin
  select * into v from days_bounds(site, first, last);
  delete from hourly_site_metrics where site_id = site and day between first and last;
  -- A site's new time zone has moved its days: what they held before is of no day now.
  delete from hourly_site_metrics where site_id = site and hour >= v.starts and hour < v.ends;
  insert into hourly_site_metrics (site_id, day, hour, visitors, sessions, pageviews, events, bounces, seconds)
  with moments as (
    select session_start as at, visitor_hash(visitor_id) as visitor,
      1 as sessions, 0 as pageviews, 0 as events, bounce::integer as bounces, duration_seconds as seconds
    from user_sessions
    where site_id = site and session_start >= v.starts and session_start < v.ends
    union all
    select view_timestamp, visitor_hash(visitor_id), 0, 1, 0, 0, 0
    from pageviews
    where site_id = site and view_timestamp >= v.starts and view_timestamp < v.ends
    union all
    select quarter, null, 0, 0, count(*), 0, 0
    from (
      select date_bin('15 minutes', event_timestamp, 'epoch') as quarter
      from user_events
      where site_id = site and event_timestamp >= v.starts and event_timestamp < v.ends
    ) events
    group by quarter
  ),
  placed as (
    -- Since 1972 all zones are whole quarters of an hour apart from UTC, so each quarter is of one hour of one day.
    select m.*, (at at time zone v.zone)::date as day from moments m
  ),
  hours as (
    select p.*, date_bin('1 hour', at, day::timestamp at time zone v.zone) as hour from placed p
  )
  select site, day, hour, count(distinct visitor), sum(sessions), sum(pageviews), sum(events), sum(bounces), sum(seconds)
  from hours
  group by day, hour;
end
$$;

-- Brings the visitors of a site's days up to date, and what their other days say of them.
create or replace function roll_up_visitors(site text, first date, last date) returns void
language plpgsql as $$
declare
  v         record;
  v_days    date[];
  v_redated date[];
begin
  select * into v from days_bounds(site, first, last);
  create temporary table seen_visitors as
  select distinct day, visitor
  from (
    select s.day, s.visitor from started_sessions s
    union all
    select (p.view_timestamp at time zone v.zone)::date, visitor_hash(p.visitor_id)
    from pageviews p
    where p.site_id = site and p.view_timestamp >= v.starts and p.view_timestamp < v.ends
  ) seen;

  -- Whose days are not what they were. The index is for when the planner does not know yet how many visitors there are.
  create index on seen_visitors (visitor, day);
  analyze seen_visitors;
  create temporary table moved_visitors as
  select distinct coalesce(s.visitor, d.visitor) as visitor
  from seen_visitors s
  full join (select visitor, day from visitor_days where site_id = site and day between first and last) d using (visitor, day)
  where s.visitor is null or d.visitor is null;
  analyze moved_visitors;

  delete from visitor_days d
  where d.site_id = site and d.day between first and last
    and not exists (select from seen_visitors s where s.visitor = d.visitor and s.day = d.day);

  create temporary table visitor_lines as
  select visitor, day, lag(day) over (partition by visitor order by day) as previous_day, min(day) over (partition by visitor) as first_day
  from (
    select visitor, d.day from moved_visitors join visitor_days d using (visitor) where d.site_id = site
    union
    select visitor, s.day from moved_visitors join seen_visitors s using (visitor)
  ) lines;

  v_redated := array(
    select distinct l.day
    from visitor_lines l
    join visitor_days d on d.site_id = site and d.visitor = l.visitor and d.day = l.day
    where l.day not between first and last and d.first_day <> l.first_day
  );
  insert into visitor_days as d (site_id, visitor, day, previous_day, first_day)
  select site, visitor, day, previous_day, first_day from visitor_lines
  on conflict (site_id, visitor, day) do update set previous_day = excluded.previous_day, first_day = excluded.first_day
  where (d.previous_day, d.first_day) is distinct from (excluded.previous_day, excluded.first_day);

  select array_agg(day) into v_days
  from (select generate_series(first, last, interval '1 day')::date as day union select day from visitor_lines) touched;
  delete from visitor_returns where site_id = site and day = any(v_days);
  insert into visitor_returns (site_id, day, previous_day, visitors)
  select site, day, previous_day, count(*)
  from visitor_days
  where site_id = site and day = any(v_days)
  group by day, previous_day;
  delete from visitor_cohorts where site_id = site and day = any(v_days);
  insert into visitor_cohorts (site_id, day, first_day, visitors)
  select site, day, first_day, count(*)
  from visitor_days
  where site_id = site and day = any(v_days)
    and (previous_day is null or previous_day < date_trunc('week', day::timestamp)::date)
  group by day, first_day;
  perform date_visitors(site, v_redated);
  drop table seen_visitors, moved_visitors, visitor_lines;
end
$$;

-- Brings session_visitors.first_days up to date on days on which some visitors' first day has moved.
create or replace function date_visitors(site text, days date[]) returns void
language sql as $$
  with found as materialized (
    select g.day, g.segment, array_agg(d.first_day order by s.number) as first_days
    from session_visitors g
    cross join lateral unnest(g.visitors) with ordinality as s(visitor, number)
    left join visitor_days d on d.site_id = site and d.visitor = s.visitor and d.day = g.day
    where g.site_id = site and g.day = any(days)
    group by g.day, g.segment
  )
  update session_visitors t set first_days = f.first_days
  from found f
  where t.site_id = site and t.day = f.day and t.segment = f.segment and t.first_days is distinct from f.first_days
$$;
