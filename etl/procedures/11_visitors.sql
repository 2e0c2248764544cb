-- Hours, and visitors: who was there on which day, and when before (migrations/0006_stats.sql).

create or replace function roll_up_hours(site text, days date[]) returns void
language plpgsql as $$
begin
  delete from hourly_site_metrics where site_id = site and day = any(days);
  -- A site's new time zone has moved its days: what they held before is of no day now.
  delete from hourly_site_metrics h using days_bounds(site, days) b
  where h.site_id = site and h.hour >= b.starts and h.hour < b.ends;
  insert into hourly_site_metrics (site_id, day, hour, visitors, sessions, pageviews, events, bounces, seconds)
  with moments as (
    select b.day, date_bin('1 hour', s.session_start, b.starts) as hour, visitor_hash(s.visitor_id) as visitor,
      1 as sessions, 0 as pageviews, 0 as events, s.bounce::integer as bounces, s.duration_seconds as seconds
    from days_bounds(site, days) b
    join user_sessions s on s.site_id = site and s.session_start >= b.starts and s.session_start < b.ends
    union all
    select b.day, date_bin('1 hour', v.view_timestamp, b.starts), visitor_hash(v.visitor_id), 0, 1, 0, 0, 0
    from days_bounds(site, days) b
    join pageviews v on v.site_id = site and v.view_timestamp >= b.starts and v.view_timestamp < b.ends
    union all
    select b.day, date_bin('1 hour', e.event_timestamp, b.starts), null, 0, 0, 1, 0, 0
    from days_bounds(site, days) b
    join user_events e on e.site_id = site and e.event_timestamp >= b.starts and e.event_timestamp < b.ends
  )
  select site, day, hour, count(distinct visitor), sum(sessions), sum(pageviews), sum(events), sum(bounces), sum(seconds)
  from moments
  group by day, hour;
end
$$;

-- Brings the visitors of a site's days up to date, and what their other days say of them.
create or replace function roll_up_visitors(site text, days date[]) returns void
language plpgsql as $$
declare
  v_days date[];
begin
  create temporary table seen_visitors as
  select distinct day, visitor
  from (
    select s.day, s.visitor from session_summaries s where s.site_id = site and s.day = any(days)
    union all
    select b.day, visitor_hash(v.visitor_id)
    from days_bounds(site, days) b
    join pageviews v on v.site_id = site and v.view_timestamp >= b.starts and v.view_timestamp < b.ends
  ) seen;

  -- Whose days are not what they were.
  create temporary table moved_visitors as
  select distinct coalesce(s.visitor, d.visitor) as visitor
  from seen_visitors s
  full join (select visitor, day from visitor_days where site_id = site and day = any(days)) d using (visitor, day)
  where s.visitor is null or d.visitor is null;
  analyze moved_visitors;

  delete from visitor_days d
  where d.site_id = site and d.day = any(days)
    and not exists (select from seen_visitors s where s.visitor = d.visitor and s.day = d.day);

  create temporary table visitor_lines as
  select visitor, day, lag(day) over (partition by visitor order by day) as previous_day, min(day) over (partition by visitor) as first_day
  from (
    select visitor, d.day from moved_visitors join visitor_days d using (visitor) where d.site_id = site
    union
    select visitor, s.day from moved_visitors join seen_visitors s using (visitor)
  ) lines;

  insert into visitor_days as d (site_id, visitor, day, previous_day, first_day)
  select site, visitor, day, previous_day, first_day from visitor_lines
  on conflict (site_id, visitor, day) do update set previous_day = excluded.previous_day, first_day = excluded.first_day
  where (d.previous_day, d.first_day) is distinct from (excluded.previous_day, excluded.first_day);

  select array_agg(day) into v_days from (select unnest(days) as day union select day from visitor_lines) touched;
  delete from visitor_returns where site_id = site and day = any(v_days);
  insert into visitor_returns (site_id, day, previous_day, visitors)
  select site, day, previous_day, count(*)
  from visitor_days
  where site_id = site and day = any(v_days)
  group by day, previous_day;
  drop table seen_visitors, moved_visitors, visitor_lines;
end
$$;
