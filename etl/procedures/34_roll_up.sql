-- Roll-ups: what is over is summed up once. A day that has a mark in stale_days is not over, or has changed since; until it is rolled
-- up, questions read it from session rows, but for hours of it that are rolled up (rolled_hours).
--
-- Reads:  session_rows, user_events, form_submissions, stale_days, rebuilds.
-- Writes: hourly_site_metrics, hourly_values, daily_values, daily_scroll, daily_properties, daily_forms, daily_form_fields, daily_revenue,
--         visitor_days, visitor_returns, visitor_cohorts, daily_site_metrics, stale_days.
--
-- All roll-ups share one lock, which no batch of the ETL needs.

-- How long after its midnight a day is closed: most of its sessions have ended by then. What comes later marks it again.
create or replace function closing_delay() returns interval
language sql immutable parallel safe as $$
  select interval '3 hours'
$$;

-- Marks days of a site as changed.
create or replace function mark_days(site text, days date[]) returns void
language sql as $$
  insert into stale_days (site_id, metric_date, marked_at) select site, day, clock_timestamp() from unnest(days) as day
$$;

-- Replaces what is rolled up of some days of a site, but for their visitors (roll_up_visitors).
create or replace function roll_up_days(site text, days date[]) returns void
language plpgsql
set work_mem = '64MB'
as $$
begin
  delete from hourly_values where site_id = site and day = any (days);
  delete from hourly_site_metrics where site_id = site and day = any (days);
  -- With a new time zone an hour may be one of another day.
  delete from hourly_site_metrics where ctid = any (array(
    select h.ctid
    from day_bounds(site, days) b
    cross join lateral (select ctid from hourly_site_metrics where site_id = site and hour >= b.starts and hour < b.ends offset 0) h
  ));
  insert into hourly_site_metrics (site_id, day, hour, visitors, sessions, pageviews, events, bounces, viewed, seconds, engaged, measured)
  select site, b.day, h.* from day_bounds(site, days) b cross join lateral hours_between(site, b.starts, b.ends) h;

  delete from daily_values where site_id = site and dimension = any (session_dimensions() || '{page,event,duration,engaged}') and day = any (days);
  insert into daily_values (site_id, dimension, day, value_ids, sessions, pageviews, events, bounces, viewed, seconds, timed, engaged, measured)
  select site, v.dimension, b.day, array_agg(v.value_id), array_agg(v.sessions), array_agg(v.pageviews), array_agg(v.events),
    array_agg(v.bounces), array_agg(v.viewed), array_agg(v.seconds), array_agg(v.timed), array_agg(v.engaged), array_agg(v.measured)
  from day_bounds(site, days) b
  cross join lateral values_between(site, b.starts, b.ends) v
  group by v.dimension, b.day;

  delete from daily_scroll where site_id = site and day = any (days);
  insert into daily_scroll (site_id, day, page, reached_25, reached_50, reached_75, reached_100)
  select site, b.day, s.* from day_bounds(site, days) b cross join lateral scroll_between(site, b.starts, b.ends) s;

  -- Of a day and property the 100 most frequent values; the others add up under a null value.
  delete from daily_properties where site_id = site and day = any (days);
  insert into daily_properties (site_id, event_name, day, property, value, events)
  select site, event_name, day, property, case when place <= 100 then value end, sum(events)
  from (
    select *, row_number() over (partition by event_name, day, property order by events desc, value collate "C") as place
    from properties_of_days(site, days)
  ) ranked
  group by event_name, day, property, case when place <= 100 then value end;

  delete from daily_forms where site_id = site and day = any (days);
  insert into daily_forms (site_id, day, form_id, page, starts, submissions, abandonments)
  select site, day, form_id, page, starts, submissions, abandonments from forms_of_days(site, days);
  delete from daily_form_fields where site_id = site and day = any (days);
  insert into daily_form_fields (site_id, day, form_id, field, filled)
  select site, day, form_id, field, filled from form_fields_of_days(site, days);
  delete from daily_revenue where site_id = site and day = any (days);
  insert into daily_revenue (site_id, day, event_name, currency, payments, amount)
  select site, day, event_name, currency, payments, amount from revenue_of_days(site, days);
end
$$;

-- An hour of a day that is not over is rolled up from so many sessions on: fewer are read in a few milliseconds.
create or replace function least_hour() returns integer
language sql immutable parallel safe as $$
  select 500
$$;

-- How long after its end an hour of a day that is not over is rolled up: most of its sessions have ended by then (a session that
-- says nothing for 30 minutes has).
create or replace function hour_delay() returns interval
language sql immutable parallel safe as $$
  select interval '30 minutes'
$$;

-- Rolls up the hours that are over of a day that is not, but for those that are rolled up. What is marked was removed before.
create or replace function roll_up_hours(site text, the_day date) returns void
language plpgsql
set work_mem = '64MB'
set plan_cache_mode = force_generic_plan -- it is called for each site, and of most has nothing to do
as $$
declare
  v_hours timestamptz[];
begin
  select array_agg(h.hour) into v_hours
  from day_bounds(site, array[the_day]) b
  cross join lateral generate_series(b.starts, least(b.ends, now() - hour_delay()) - interval '1 hour', interval '1 hour') as h(hour)
  where not exists (select from hourly_values v where v.site_id = site and v.dimension = 'channel' and v.day = the_day and v.hour = h.hour)
    and (select count(*) from (
      select from session_rows s
      where s.site_id = site and s.started_at >= h.hour and s.started_at < h.hour + interval '1 hour'
      limit least_hour()
    ) s) = least_hour();
  if v_hours is null then
    return;
  end if;
  -- What was rolled up while the day was over, or in another time zone, when the hour was one of the day beside it.
  delete from hourly_site_metrics where site_id = site and hour = any (v_hours);
  delete from hourly_values where site_id = site and day between the_day - 1 and the_day + 1 and hour = any (v_hours);
  insert into hourly_site_metrics (site_id, day, hour, visitors, sessions, pageviews, events, bounces, viewed, seconds, engaged, measured)
  select site, the_day, m.* from unnest(v_hours) as h(hour) cross join lateral hours_between(site, h.hour, h.hour + interval '1 hour') m;
  insert into hourly_values (site_id, dimension, day, hour, value_ids, sessions, pageviews, events, bounces, viewed, seconds, timed, engaged, measured)
  select site, v.dimension, the_day, h.hour, array_agg(v.value_id), array_agg(v.sessions), array_agg(v.pageviews), array_agg(v.events),
    array_agg(v.bounces), array_agg(v.viewed), array_agg(v.seconds), array_agg(v.timed), array_agg(v.engaged), array_agg(v.measured)
  from unnest(v_hours) as h(hour)
  cross join lateral values_between(site, h.hour, h.hour + interval '1 hour') v
  group by v.dimension, h.hour;
end
$$;

-- Writes daily_site_metrics of the given (site, day) pairs, in the schema document's terms; a day without any activity has no row.
-- Returns how many rows were written.
create or replace function write_daily_metrics(sites text[], days date[]) returns integer
language sql
set work_mem = '64MB'
as $$
  with written as (
    insert into daily_site_metrics as m (
      site_id, metric_date, unique_visitors, total_sessions, total_pageviews, bounce_rate,
      avg_session_duration_seconds, avg_pages_per_session, total_events,
      direct_sessions, search_sessions, social_sessions, referral_sessions, ai_sessions, email_sessions, internal_sessions
    )
    select
      asked.site_id, asked.day, v.visitors, t.sessions, t.pageviews, t.bounces::numeric / nullif(t.viewed, 0),
      round(t.seconds::numeric / nullif(t.sessions, 0)), r.pageviews::numeric / nullif(t.sessions, 0), t.events,
      t.sessions - search - social - referral - ai - email - internal, search, social, referral, ai, email, internal
    from unnest(sites, days) as asked(site_id, day)
    cross join lateral totals_of_days(asked.site_id, array[asked.day]) t
    cross join lateral (select count(distinct visitor) as visitors from visitors_of_days(asked.site_id, array[asked.day])) v
    cross join lateral (
      select
        coalesce(sum(types.pageviews), 0) as pageviews,
        coalesce(sum(types.sessions) filter (where d.value = 'search'), 0)   as search,
        coalesce(sum(types.sessions) filter (where d.value = 'social'), 0)   as social,
        coalesce(sum(types.sessions) filter (where d.value = 'referral'), 0) as referral,
        coalesce(sum(types.sessions) filter (where d.value = 'ai'), 0)       as ai,
        coalesce(sum(types.sessions) filter (where d.value = 'email'), 0)    as email,
        coalesce(sum(types.sessions) filter (where d.value = 'internal'), 0) as internal
      from (
        select s.referrer_type, count(*) as sessions, sum(s.pageviews) as pageviews
        from day_bounds(asked.site_id, array[asked.day]) b
        cross join lateral sessions_starting(asked.site_id, b.starts, b.ends) s
        group by s.referrer_type
      ) types
      join dictionary d on d.site_id = asked.site_id and d.value_id = types.referrer_type
    ) r
    where t.sessions > 0 or t.pageviews > 0 or t.events > 0
    order by asked.site_id, asked.day
    on conflict (site_id, metric_date) do update set (
      unique_visitors, total_sessions, total_pageviews, bounce_rate, avg_session_duration_seconds, avg_pages_per_session, total_events,
      direct_sessions, search_sessions, social_sessions, referral_sessions, ai_sessions, email_sessions, internal_sessions
    ) = (
      excluded.unique_visitors, excluded.total_sessions, excluded.total_pageviews, excluded.bounce_rate,
      excluded.avg_session_duration_seconds, excluded.avg_pages_per_session, excluded.total_events, excluded.direct_sessions,
      excluded.search_sessions, excluded.social_sessions, excluded.referral_sessions, excluded.ai_sessions, excluded.email_sessions,
      excluded.internal_sessions
    )
    returning m.site_id, m.metric_date
  ),
  -- What happened on the day has moved elsewhere: a new time zone, an earlier start of a session, an erasure.
  gone as (
    delete from daily_site_metrics m
    using unnest(sites, days) as asked(site_id, day)
    where m.site_id = asked.site_id and m.metric_date = asked.day
      and not exists (select from written w where w.site_id = asked.site_id and w.metric_date = asked.day)
  )
  select count(*)::integer from written;
$$;

-- Rolls up the marked days that are over, at most `most` of them, one site after the other. On the others it brings daily_site_metrics
-- up to date, and rolls up the hours that are over. Returns how many rows of daily_site_metrics were written.
--
-- Marks are deleted before anything is read: what a batch commits later has a mark of its own, and is not lost.
create or replace function roll_up_stale_days(most integer default 1000000) returns integer
language plpgsql
set plan_cache_mode = force_custom_plan
as $$
declare
  v_over_sites text[];
  v_over_days  date[];
  v_open_sites text[];
  v_open_days  date[];
  v record;
begin
  perform pg_advisory_xact_lock(hashtextextended('footfall:roll-up', 0));
  select
    array_agg(site_id) filter (where is_over), array_agg(day) filter (where is_over),
    array_agg(site_id) filter (where not is_over and not is_counted), array_agg(day) filter (where not is_over and not is_counted)
    into v_over_sites, v_over_days, v_open_sites, v_open_days
  from marked_days(most);

  with seen as (
    delete from stale_days d
    using unnest(v_over_sites || v_open_sites, v_over_days || v_open_days) as seen(site_id, day)
    where d.site_id = seen.site_id and d.metric_date = seen.day
    returning d.site_id, d.metric_date as day, d.hour, d.is_counted
  ),
  -- A mark without an hour is one of the whole day.
  changed as (
    delete from hourly_values h using seen
    where h.site_id = seen.site_id and h.day = seen.day and (h.hour = seen.hour or seen.hour is null and not seen.is_counted)
    returning h.site_id, h.hour
  )
  delete from hourly_site_metrics m using changed where m.site_id = changed.site_id and m.hour = changed.hour;
  insert into stale_days (site_id, metric_date, marked_at, is_counted)
  select site_id, day, clock_timestamp(), true from unnest(v_open_sites, v_open_days) as open(site_id, day);

  perform roll_up_hours(site_id, day) from unnest(v_open_sites, v_open_days) as open(site_id, day);
  for v in
    select site_id, array_agg(day order by day) as days
    from unnest(v_over_sites, v_over_days) as over(site_id, day)
    group by site_id, date_trunc('month', day::timestamp)
  loop
    perform roll_up_days(v.site_id, v.days);
  end loop;
  -- All days of a site at once: each day that comes before others rewrites those of its visitors.
  for v in select site_id, array_agg(day) as days from unnest(v_over_sites, v_over_days) as over(site_id, day) group by site_id loop
    perform roll_up_visitors(v.site_id, v.days);
  end loop;
  return write_daily_metrics(v_over_sites || v_open_sites, v_over_days || v_open_days);
end
$$;

-- The days that have marks, and those among them that are over: `most`, the latest of a site first. A day is left out while an upgrade
-- has not written the rows of its sessions yet.
create or replace function marked_days(most integer) returns table (site_id text, day date, is_over boolean, is_counted boolean)
language sql stable as $$
  with marked as (
    select d.site_id, d.metric_date as day, bool_and(d.is_counted) as is_counted, coalesce(s.timezone, 'UTC') as zone
    from stale_days d
    left join sites s on s.site_id = d.site_id
    group by d.site_id, d.metric_date, s.timezone
  ),
  bounded as (
    select m.*, row_number() over (partition by is_over order by m.site_id, m.day desc) as place, is_over
    from marked m
    cross join lateral (select (m.day + 1)::timestamp at time zone m.zone + closing_delay() <= now() as is_over) over
    where m.day::timestamp at time zone m.zone >= coalesce((
      select max(r.reached) from rebuilds r where r.is_upgrade and r.finished_at is null
    ), '-infinity')
  )
  select b.site_id, b.day, b.is_over, b.is_counted from bounded b where not b.is_over or b.place <= most
$$;
