-- Daily metrics (etl/definitions.md): which days are stale, and the roll-up that makes them true again.
--
-- All procedures that write facts or metrics share one lock, so that any of them may be called in any order within one
-- transaction, too.
--
-- A day is the site's own, by sites.timezone. Sessions count on the day they started, pageviews and events on the
-- day they happened; a visitor counts on each day with a session or a pageview.

-- When a site's day starts and ends: [starts, ends).
create or replace function day_bounds(site text, day date) returns table (starts timestamptz, ends timestamptz)
language sql stable as $$
  select day::timestamp at time zone zone.name, (day + 1)::timestamp at time zone zone.name
  from (select coalesce((select s.timezone from sites s where s.site_id = site), 'UTC') as name) zone
$$;

-- Notes the days on which the sessions of the batch start, as user_sessions has it, in the temporary table batch_days.
create or replace function note_session_days() returns void
language plpgsql as $$
begin
  insert into batch_days (site_id, metric_date)
  select distinct b.site_id, (s.session_start at time zone coalesce(site.timezone, 'UTC'))::date
  from batch_sessions b
  cross join lateral (
    select u.session_start from user_sessions u where u.site_id = b.site_id and u.session_id = b.session_id offset 0
  ) s
  left join sites site on site.site_id = b.site_id
  where b.is_known;
end
$$;

-- Notes the days on which the events of the batch happened. A session's first and last event tell them, but where a whole day
-- may lie between the two.
create or replace function note_event_days() returns void
language plpgsql as $$
begin
  insert into batch_days (site_id, metric_date)
  select distinct e.site_id, (e.at at time zone coalesce(site.timezone, 'UTC'))::date
  from (
    -- Since 1972 all zones are whole quarters of an hour apart: so many times have to be converted, not one an event.
    select site_id, date_bin('15 minutes', first_event_at, 'epoch') as at from batch_sessions
    union
    select site_id, date_bin('15 minutes', last_event_at, 'epoch') from batch_sessions
    union
    select e.site_id, date_bin('15 minutes', e.event_timestamp, 'epoch')
    from batch_sessions b
    join batch_events e using (visit)
    where b.last_event_at - b.first_event_at > interval '20 hours'
  ) e
  left join sites site on site.site_id = e.site_id;
end
$$;

-- Notes the days of pageviews and events of earlier batches that correct_pages has corrected: they may lie between the session's
-- first day and those of the batch.
create or replace function note_corrected_days() returns void
language plpgsql as $$
begin
  insert into batch_days (site_id, metric_date)
  select distinct p.known_site, (p.at at time zone coalesce(site.timezone, 'UTC'))::date
  from batch_pages p
  left join sites site on site.site_id = p.known_site
  where p.known_site is not null
    and (p.is_interaction and (p.url, p.path) is distinct from (p.known_url, p.known_path)
      or not p.is_interaction and p.seconds is distinct from p.known_seconds);
end
$$;

-- Marks the noted days. The mark is written anew even where it stands, so that a roll-up which is under way, and does not
-- see our rows, cannot take it away: one of the two waits for the other. Last in its transaction, since the batches of
-- other lanes wait for it; in order, so that no two wait for each other.
create or replace function mark_stale_days(batch timestamptz) returns void
language plpgsql as $$
begin
  insert into stale_days as d (site_id, metric_date, marked_at)
  select distinct site_id, metric_date, batch
  from batch_days
  order by 1, 2
  on conflict (site_id, metric_date) do update set marked_at = excluded.marked_at;
end
$$;

-- Replaces the rows of the given (site, day) pairs; a day without any activity has none. Answers how many it wrote.
create or replace function roll_up_days(sites text[], days date[]) returns integer
language plpgsql
set jit = off
set work_mem = '64MB'
-- Each day is a range of an index. For a year of days the planner would join by site alone, and compare each row with each day.
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_now  timestamptz := clock_timestamp();
  v_rows integer;
begin
  with bounds as (
    select pair.site_id, pair.metric_date, day.starts, day.ends
    from unnest(sites, days) as pair(site_id, metric_date), day_bounds(pair.site_id, pair.metric_date) as day
  ),
  visits as (
    select b.site_id, b.metric_date, s.visitor_id, s.duration_seconds, s.pageview_count, s.bounce, s.referrer_type
    from bounds b
    join user_sessions s on s.site_id = b.site_id and s.session_start >= b.starts and s.session_start < b.ends
  ),
  views as (
    select b.site_id, b.metric_date, v.visitor_id
    from bounds b
    join pageviews v on v.site_id = b.site_id and v.view_timestamp >= b.starts and v.view_timestamp < b.ends
  ),
  parts as (
    select
      site_id, metric_date, 0 as visitors, count(*) as sessions, 0 as pageviews, 0 as events,
      count(*) filter (where bounce)  as bounces,
      sum(duration_seconds)           as seconds,
      sum(pageview_count)             as session_pageviews,
      count(*) filter (where referrer_type = 'search')   as search,
      count(*) filter (where referrer_type = 'social')   as social,
      count(*) filter (where referrer_type = 'referral') as referral,
      count(*) filter (where referrer_type = 'ai')       as ai,
      count(*) filter (where referrer_type = 'email')    as email,
      count(*) filter (where referrer_type = 'internal') as internal
    from visits group by site_id, metric_date
    union all
    select site_id, metric_date, 0, 0, count(*), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    from views group by site_id, metric_date
    union all
    select b.site_id, b.metric_date, 0, 0, 0, count(*), 0, 0, 0, 0, 0, 0, 0, 0, 0
    from bounds b
    join user_events e on e.site_id = b.site_id and e.event_timestamp >= b.starts and e.event_timestamp < b.ends
    group by b.site_id, b.metric_date
    union all
    select site_id, metric_date, count(distinct visitor_id), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    from (
      select site_id, metric_date, visitor_id from visits
      union all
      select site_id, metric_date, visitor_id from views
    ) seen
    group by site_id, metric_date
  ),
  totals as (
    select
      site_id, metric_date,
      sum(visitors) as visitors, sum(sessions) as sessions, sum(pageviews) as pageviews, sum(events) as events,
      sum(bounces) as bounces, sum(seconds) as seconds, sum(session_pageviews) as session_pageviews,
      sum(search) as search, sum(social) as social, sum(referral) as referral,
      sum(ai) as ai, sum(email) as email, sum(internal) as internal
    from parts group by site_id, metric_date
  )
  insert into daily_site_metrics as m (
    site_id, metric_date, unique_visitors, total_sessions, total_pageviews, bounce_rate,
    avg_session_duration_seconds, avg_pages_per_session, total_events,
    direct_sessions, search_sessions, social_sessions, referral_sessions, ai_sessions, email_sessions, internal_sessions
  )
  select
    site_id, metric_date, visitors, sessions, pageviews, bounces / nullif(sessions, 0),
    round(seconds / nullif(sessions, 0)), session_pageviews / nullif(sessions, 0), events,
    sessions - search - social - referral - ai - email - internal, search, social, referral, ai, email, internal
  from totals
  order by site_id, metric_date
  on conflict (site_id, metric_date) do update set
    unique_visitors              = excluded.unique_visitors,
    total_sessions               = excluded.total_sessions,
    total_pageviews              = excluded.total_pageviews,
    bounce_rate                  = excluded.bounce_rate,
    avg_session_duration_seconds = excluded.avg_session_duration_seconds,
    avg_pages_per_session        = excluded.avg_pages_per_session,
    total_events                 = excluded.total_events,
    direct_sessions              = excluded.direct_sessions,
    search_sessions              = excluded.search_sessions,
    social_sessions              = excluded.social_sessions,
    referral_sessions            = excluded.referral_sessions,
    ai_sessions                  = excluded.ai_sessions,
    email_sessions               = excluded.email_sessions,
    internal_sessions            = excluded.internal_sessions;
  get diagnostics v_rows = row_count;

  -- A day whose last event has moved elsewhere (a site's new timezone, a session's earlier start) has no row.
  delete from daily_site_metrics m
  using unnest(sites, days) as pair(site_id, metric_date), day_bounds(pair.site_id, pair.metric_date) as day
  where m.site_id = pair.site_id and m.metric_date = pair.metric_date
    and not exists (select from user_sessions s where s.site_id = m.site_id and s.session_start >= day.starts and s.session_start < day.ends)
    and not exists (select from pageviews v where v.site_id = m.site_id and v.view_timestamp >= day.starts and v.view_timestamp < day.ends)
    and not exists (select from user_events e where e.site_id = m.site_id and e.event_timestamp >= day.starts and e.event_timestamp < day.ends);

  perform roll_up_stats(sites, days);
  return v_rows;
end
$$;

-- Rolls up the days that processing has marked since. Answers how many rows it wrote.
create or replace function roll_up_stale_days(most integer default 1000000) returns integer
language plpgsql as $$
declare
  v_sites text[];
  v_days  date[];
begin
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
  select array_agg(site_id), array_agg(metric_date) into v_sites, v_days
  from (
    select site_id, metric_date from stale_days
    where (site_id, metric_date) in (select site_id, metric_date from stale_days order by metric_date desc, site_id limit most)
    order by site_id, metric_date for update
  ) stale;
  if v_sites is null then
    return 0;
  end if;
  -- The marks go first: whoever marks from here on means facts that the roll-up may not see.
  delete from stale_days d
  using unnest(v_sites, v_days) as pair(site_id, metric_date)
  where d.site_id = pair.site_id and d.metric_date = pair.metric_date;
  return roll_up_days(v_sites, v_days);
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

-- calculate_daily_metrics: recomputes daily_site_metrics for each site and day of [start_date, end_date].
--
-- Idempotent: a day is replaced, never added to. At most ten years at a time.
create or replace procedure calculate_daily_metrics(
  start_date date default current_date - 1,
  end_date   date default current_date - 1
)
language plpgsql as $$
declare
  v_sites text[];
  v_days  date[];
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
  perform pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0));
  perform from stale_days where metric_date between start_date and end_date order by site_id, metric_date for update;
  delete from stale_days where metric_date between start_date and end_date;

  select array_agg(known.site_id), array_agg(day::date) into v_sites, v_days
  from (
    select site_id from sites_with_facts()
    union
    select site_id from daily_site_metrics where metric_date between start_date and end_date
  ) known, generate_series(start_date, end_date, interval '1 day') as day;
  if v_sites is not null then
    perform roll_up_days(v_sites, v_days);
  end if;
end
$$;
