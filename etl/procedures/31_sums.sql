-- The figures of a site between two moments, from the rows of its sessions. Roll-ups store what these functions return, and
-- questions read it for what is not rolled up, so each figure is defined once (etl/definitions.md).
--
-- Reads: session_rows, dictionary (30_periods.sql); for sessions of more than 1,000 steps also pageviews and user_events.

-- What [starts, ends) adds up to: one row. `seconds` are those of its sessions' duration, `engaged` those for which `measured` of them
-- report that they were used. `viewed` of them have a pageview: the others are no bounces, and no part of the rate.
create or replace function totals_between(site text, starts timestamptz, ends timestamptz)
returns table (
  sessions bigint, pageviews bigint, events bigint, bounces bigint, viewed bigint, seconds bigint, engaged bigint, measured bigint
)
language sql stable as $$
  select started.sessions, started.pageviews + across.pageviews, started.events + across.events, started.bounces, started.viewed,
    started.seconds, started.engaged, started.measured
  from (
    select count(*) as sessions, coalesce(sum(s.pageviews), 0) as pageviews, coalesce(sum(s.events), 0) as events,
      count(*) filter (where s.bounced) as bounces, count(*) filter (where s.pageviews > 0) as viewed,
      coalesce(sum(s.duration_seconds), 0) as seconds, coalesce(sum(s.engaged_seconds), 0) as engaged, count(s.engaged_seconds) as measured
    from sessions_starting(site, starts, ends) s
  ) started, (
    select coalesce(sum(s.sign * t.pageviews), 0)::bigint as pageviews, coalesce(sum(s.sign * t.events), 0)::bigint as events
    from sessions_across(site, starts, ends) s
    cross join lateral steps_between(s.session, s.since, s.until) t
  ) across
$$;

create or replace function totals_of_days(site text, days date[])
returns table (
  day date, sessions bigint, pageviews bigint, events bigint, bounces bigint, viewed bigint, seconds bigint, engaged bigint, measured bigint
)
language sql stable as $$
  select b.day, t.sessions, t.pageviews, t.events, t.bounces, t.viewed, t.seconds, t.engaged, t.measured
  from day_bounds(site, days) b
  cross join lateral totals_between(site, b.starts, b.ends) t
$$;

-- The same by hours, which count from the day's midnight; a visitor is one of each hour in which a session starts or a page is viewed.
-- `starts` is when one of them starts.
create or replace function hours_between(site text, starts timestamptz, ends timestamptz)
returns table (
  hour timestamptz, visitors bigint, sessions bigint, pageviews bigint, events bigint, bounces bigint, viewed bigint, seconds bigint,
  engaged bigint, measured bigint
)
language sql stable as $$
  select hour, count(distinct visitor), sum(sessions)::bigint, sum(pageviews)::bigint, sum(events)::bigint, sum(bounces)::bigint,
    sum(viewed)::bigint, sum(seconds)::bigint, coalesce(sum(engaged), 0)::bigint, count(engaged)
  from (
    select date_bin('1 hour', s.started_at, starts) as hour, s.visitor, 1 as sessions,
      case when is_of_one_hour(s, starts) then s.pageviews else 0 end as pageviews,
      case when is_of_one_hour(s, starts) then s.events else 0 end as events,
      s.bounced::integer as bounces, (s.pageviews > 0)::integer as viewed, s.duration_seconds as seconds, s.engaged_seconds as engaged
    from sessions_starting(site, starts, ends) s
    union all
    select date_bin('1 hour', v.at, starts), v.visitor, 0, 1, 0, 0, 0, 0, null from views_across_hours(site, starts, ends) v
    union all
    select date_bin('1 hour', e.at, starts), null, 0, 0, count(*), 0, 0, 0, null from events_across_hours(site, starts, ends) e group by 1
  ) moments
  group by hour
$$;

-- Sums by page. `sessions` are those that start in [starts, ends) and view the page. The rows of pages that are not `wanted` may be
-- missing or wrong; null: all are wanted.
create or replace function pages_between(site text, starts timestamptz, ends timestamptz, wanted integer[] default null)
returns table (value_id integer, sessions bigint, pageviews bigint, seconds bigint, timed bigint, engaged bigint, measured bigint)
language sql stable as $$
  select value_id, sum(sessions)::bigint, sum(pageviews)::bigint, sum(seconds)::bigint, sum(timed)::bigint, sum(engaged)::bigint,
    sum(measured)::bigint
  from (
    -- All of the sessions that start in it, whenever it happens; sessions_across sets that right.
    select v.page_id as value_id, count(*) filter (where array_position(v.page_ids, v.page_id) = v.place) as sessions,
      count(*) as pageviews, coalesce(sum(v.seconds), 0) as seconds, count(v.seconds) as timed,
      coalesce(sum(v.engaged), 0) as engaged, count(v.engaged) as measured
    from (
      select s.page_ids, generate_subscripts(s.page_ids, 1) as place, unnest(s.page_ids) as page_id, unnest(s.page_seconds) as seconds,
        unnest(s.page_engaged) as engaged
      from sessions_starting(site, starts, ends) s
      where is_whole(s) and (wanted is null or s.page_ids && wanted)
    ) v
    group by v.page_id
    union all
    select v.page_id, 0, sum(s.sign), coalesce(sum(s.sign * v.seconds), 0), coalesce(sum(s.sign) filter (where v.seconds is not null), 0),
      coalesce(sum(s.sign * v.engaged), 0), coalesce(sum(s.sign) filter (where v.engaged is not null), 0)
    from sessions_across(site, starts, ends) s
    cross join lateral unnest((s.session).page_ids, (s.session).page_at, (s.session).page_seconds, (s.session).page_engaged)
      as v(page_id, at, seconds, engaged)
    where is_whole(s.session) and v.at >= s.since and v.at < s.until
    group by v.page_id
    union all
    select d.value_id, count(distinct v.session_id) filter (where s.started_at >= starts), count(*) filter (where is_in),
      coalesce(sum(v.time_on_page_seconds) filter (where is_in), 0), count(v.time_on_page_seconds) filter (where is_in),
      coalesce(sum(v.engaged_seconds) filter (where is_in), 0), count(v.engaged_seconds) filter (where is_in)
    from cut_sessions_active(site, starts, ends) s
    join pageviews v on v.site_id = s.site_id and v.session_id = s.session_id
    join dictionary d on d.site_id = v.site_id and d.value_hash = md5(v.path)::uuid
    cross join lateral (select v.view_timestamp >= starts and v.view_timestamp < ends as is_in) t
    group by d.value_id
  ) parts
  group by value_id
  having sum(sessions) > 0 or sum(pageviews) > 0
$$;

-- Sums by the name of an event. `sessions` are those that start in [starts, ends) and have such an event. `wanted`: as above.
create or replace function event_names_between(site text, starts timestamptz, ends timestamptz, wanted integer[] default null)
returns table (value_id integer, sessions bigint, events bigint)
language sql stable as $$
  select value_id, sum(sessions)::bigint, sum(events)::bigint
  from (
    select e.event_id as value_id, count(*) filter (where array_position(e.event_ids, e.event_id) = e.place) as sessions, count(*) as events
    from (
      select s.event_ids, generate_subscripts(s.event_ids, 1) as place, unnest(s.event_ids) as event_id
      from sessions_starting(site, starts, ends) s
      where is_whole(s) and (wanted is null or s.event_ids && wanted)
    ) e
    group by e.event_id
    union all
    select e.event_id, 0, sum(s.sign)
    from sessions_across(site, starts, ends) s
    cross join lateral unnest((s.session).event_ids, (s.session).event_at) as e(event_id, at)
    where is_whole(s.session) and e.at >= s.since and e.at < s.until
    group by e.event_id
    union all
    select d.value_id, count(distinct e.session_id) filter (where s.started_at >= starts),
      count(*) filter (where e.event_timestamp >= starts and e.event_timestamp < ends)
    from cut_sessions_active(site, starts, ends) s
    join user_events e on e.site_id = s.site_id and e.session_id = s.session_id
    join dictionary d on d.site_id = e.site_id and d.value_hash = md5(e.event_type)::uuid
    group by d.value_id
  ) parts
  group by value_id
  having sum(sessions) > 0 or sum(events) > 0
$$;

-- The dimensions of a session, in the order in which values_between lists their columns.
create or replace function session_dimensions() returns text[]
language sql immutable parallel safe as $$
  select '{
    entry,exit,source,referrer,channel,utm_source,utm_medium,utm_campaign,utm_content,utm_term,country,language,browser,os,device,screen
  }'::text[]
$$;

-- Sums by the value of each dimension, pages and events included. The values of `duration` and `engaged`, from which medians come, are
-- the seconds themselves.
create or replace function values_between(site text, starts timestamptz, ends timestamptz) returns table (
  dimension text, value_id integer, sessions bigint, pageviews bigint, events bigint, bounces bigint, viewed bigint, seconds bigint,
  timed bigint, engaged bigint, measured bigint
)
language sql stable as $$
  -- Each grouping set is a dimension: the other columns are null in its rows.
  select
    (session_dimensions())[array_position(array[
      entry_page is not null, exit_page is not null, source is not null, referrer is not null, channel is not null, utm_source is not null,
      utm_medium is not null, utm_campaign is not null, utm_content is not null, utm_term is not null, country is not null,
      language is not null, browser is not null, os is not null, device is not null, screen is not null
    ], true)],
    coalesce(entry_page, exit_page, source, referrer, channel, utm_source, utm_medium, utm_campaign, utm_content, utm_term, country, language,
      browser, os, device, screen),
    count(*), sum(pageviews), sum(events), count(*) filter (where bounced), count(*) filter (where pageviews > 0),
    sum(duration_seconds), count(*),
    coalesce(sum(engaged_seconds), 0), count(engaged_seconds)
  from sessions_starting(site, starts, ends)
  group by grouping sets (
    (entry_page), (exit_page), (source), (referrer), (channel), (utm_source), (utm_medium), (utm_campaign), (utm_content), (utm_term), (country),
    (language), (browser), (os), (device), (screen)
  )
  union all
  select 'page', value_id, sessions, pageviews, 0, 0, 0, seconds, timed, engaged, measured from pages_between(site, starts, ends)
  union all
  select 'event', value_id, sessions, 0, events, 0, 0, 0, 0, 0, 0 from event_names_between(site, starts, ends)
  union all
  select case when engaged is null then 'duration' else 'engaged' end, coalesce(engaged, duration), count(*), 0, 0, 0, 0, 0, 0, 0, 0
  from sessions_starting(site, starts, ends) s
  cross join lateral (values (s.duration_seconds, null), (null, s.engaged_seconds)) as t(duration, engaged)
  where coalesce(engaged, duration) is not null
  group by duration, engaged
$$;

-- How many views of each page got how far down it. Only the first 1,000 steps of a session count.
create or replace function scroll_between(site text, starts timestamptz, ends timestamptz)
returns table (page integer, reached_25 bigint, reached_50 bigint, reached_75 bigint, reached_100 bigint)
language sql stable as $$
  select page,
    sum(sign) filter (where depth >= 25), coalesce(sum(sign) filter (where depth >= 50), 0),
    coalesce(sum(sign) filter (where depth >= 75), 0), coalesce(sum(sign) filter (where depth >= 100), 0)
  from (
    select unnest(s.page_ids) as page, unnest(s.page_depths) as depth, 1 as sign from sessions_starting(site, starts, ends) s
    union all
    select v.page_id, v.depth, s.sign
    from sessions_across(site, starts, ends) s
    cross join lateral unnest((s.session).page_ids, (s.session).page_at, (s.session).page_depths) as v(page_id, at, depth)
    where v.at >= s.since and v.at < s.until
  ) views
  where depth >= 25
  group by page
  having sum(sign) > 0
$$;
