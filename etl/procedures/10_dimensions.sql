-- daily_dimensions, monthly_dimensions and daily_properties: sums by value (migrations/0006_stats.sql).
--
-- Sessions, and all that is said of whole sessions, count on the day on which they start; pageviews and events, and what is said
-- of them (`pageviews` of a page, `events` of a name, revenue), on their own.

-- Dimensions of a session: each session has one value of each.
create or replace function add_session_dimensions(site text) returns void
language plpgsql as $$
begin
  insert into daily_dimensions (site_id, dimension, day, value, sessions, pageviews, events, bounces, seconds, timed, amount)
  with sums as (
    select s.day, d.dimension, d.value,
      count(*) as sessions, sum(s.pageviews) as pageviews, sum(s.events) as events,
      count(*) filter (where s.pageviews < 2) as bounces, sum(s.seconds) as seconds
    from started_sessions s
    cross join lateral (values
      ('entry', s.entry), ('exit', s.exit), ('source', s.source), ('referrer', s.referrer), ('channel', s.channel),
      ('utm_source', s.utm_source), ('utm_medium', s.utm_medium), ('utm_campaign', s.utm_campaign),
      ('utm_content', s.utm_content), ('utm_term', s.utm_term), ('country', s.country), ('language', s.language),
      ('browser', s.browser), ('os', s.os), ('device', s.device), ('screen', s.screen)
    ) as d(dimension, value)
    group by s.day, d.dimension, d.value
  ),
  ranked as (
    select *, row_number() over (partition by day, dimension order by sessions desc, value collate "C") as place from sums
  )
  select site, dimension, day, case when place <= 1000 then value end,
    sum(sessions), sum(pageviews), sum(events), sum(bounces), sum(seconds), sum(sessions), 0
  from ranked
  group by dimension, day, case when place <= 1000 then value end;
end
$$;

-- Dimensions of pageviews and events. `sessions` are those that started on the day and had such a page or event.
create or replace function add_step_dimensions(site text, first date, last date) returns void
language plpgsql as $$
declare
  v record;
begin
  select * into v from days_bounds(site, first, last);
  insert into daily_dimensions (site_id, dimension, day, value, sessions, pageviews, events, bounces, seconds, timed, amount)
  -- Events that are alike in all that is asked of them are counted first.
  with events as materialized (
    select (e.event_timestamp at time zone v.zone)::date as day, e.event_type,
      coalesce(e.page_path, '') as path, coalesce(e.form_id, '') as form_id,
      case when e.event_type = 'scroll_depth' then
        coalesce(json_integer(e.event_data -> 'milestone'), json_integer(e.event_data -> 'scrollPercentage')) end as milestone,
      json_amount(e.event_data -> 'revenue') as amount,
      case when e.event_data ? 'revenue' then coalesce(upper(json_text(e.event_data, 'currency', 3)), '') end as currency,
      count(*) as count
    from user_events e
    where e.site_id = site and e.event_timestamp >= v.starts and e.event_timestamp < v.ends
    group by 1, 2, 3, 4, 5, 6, 7
  ),
  parts as (
    select (p.view_timestamp at time zone v.zone)::date as day, 'page' as dimension, p.path::text as value,
      0 as sessions, count(*) as pageviews, 0 as events,
      coalesce(sum(p.time_on_page_seconds), 0) as seconds, count(p.time_on_page_seconds) as timed, 0 as amount
    from pageviews p
    where p.site_id = site and p.view_timestamp >= v.starts and p.view_timestamp < v.ends
    group by 1, p.path
    union all
    select day, 'page', path, count(*), 0, 0, 0, 0, 0
    from session_pages where is_first and place < 1000 group by day, path
    union all
    select day, 'event', event_type, count(*), 0, 0, 0, 0, 0
    from session_events where is_first and place < 1000 group by day, event_type
    union all
    select day, 'event', event_type, 0, 0, sum(count), 0, 0, 0
    from events group by day, event_type
    union all
    select day, 'scroll_' || milestone, path, 0, 0, sum(count), 0, 0, 0
    from events where milestone in (25, 50, 75, 100) group by day, milestone, path
    union all
    select day, event_type, form_id, 0, 0, sum(count), 0, 0, 0
    from events where event_type in ('form_start', 'form_submit', 'form_abandon') group by day, event_type, form_id
    union all
    select day, 'form_page', jsonb_build_array(form_id, path)::text, 0, 0, sum(count), 0, 0, 0
    from events where event_type in ('form_start', 'form_submit', 'form_abandon') group by day, form_id, path
    union all
    -- A field that was left empty was not filled in.
    select (f.submit_timestamp at time zone v.zone)::date, 'form_field',
      jsonb_build_array(coalesce(f.form_id, ''), left(field.name, 200))::text, 0, 0, count(*), 0, 0, 0
    from form_submissions f
    cross join lateral jsonb_each_text(case when jsonb_typeof(f.form_data) = 'object' then f.form_data else '{}' end) as field(name, value)
    where f.site_id = site and f.submit_timestamp >= v.starts and f.submit_timestamp < v.ends and field.value <> ''
    group by 1, f.form_id, left(field.name, 200)
    union all
    select day, 'revenue', jsonb_build_array(event_type, currency)::text, 0, 0, sum(count), 0, 0, sum(amount * count)
    from events where amount is not null group by day, event_type, currency
  ),
  sums as (
    select day, dimension, value, sum(sessions) as sessions, sum(pageviews) as pageviews, sum(events) as events,
      sum(seconds) as seconds, sum(timed) as timed, sum(amount) as amount
    from parts group by day, dimension, value
  ),
  ranked as (
    select *, row_number() over (
      partition by day, dimension order by pageviews + events desc, sessions desc, value collate "C") as place
    from sums
  )
  select site, dimension, day, case when place <= 1000 then value end,
    sum(sessions), sum(pageviews), sum(events), 0, sum(seconds), sum(timed), sum(amount)
  from ranked
  group by dimension, day, case when place <= 1000 then value end;
end
$$;

-- A sum of money out of JSON: a number, or a text that is one; null where it is neither, or out of all proportion.
create or replace function json_amount(value jsonb) returns numeric
language sql immutable parallel safe as $$
  select case
    when jsonb_typeof(value) = 'number' and abs(value::numeric) < 1e12 then round(value::numeric, 4)
    when jsonb_typeof(value) = 'string' and value #>> '{}' ~ '^-?\d{1,12}(\.\d{1,9})?$' then round((value #>> '{}')::numeric, 4)
  end
$$;

-- Every page and event name, however rare, on the day on which it happened; and the sessions that have events on several days.
create or replace function roll_up_steps(site text, first date, last date) returns void
language plpgsql as $$
declare
  v record;
begin
  select * into v from days_bounds(site, first, last);
  delete from daily_steps where site_id = site and day between first and last;
  insert into daily_steps (site_id, dimension, day, value, count, seconds, timed, short, sessions)
  with parts as (
    select (p.view_timestamp at time zone v.zone)::date as day, 'page' as dimension, p.path::text as value, count(*) as count,
      coalesce(sum(p.time_on_page_seconds), 0) as seconds, count(p.time_on_page_seconds) as timed,
      count(*) filter (where p.time_on_page_seconds < 10) as short,
      count(distinct p.session_id) filter (where coalesce(s.is_of_one_day, not exists (
        select from user_sessions u where u.site_id = site and u.session_id = p.session_id
      ))) as sessions
    from pageviews p
    left join started_sessions s on s.session_id = p.session_id
    where p.site_id = site and p.view_timestamp >= v.starts and p.view_timestamp < v.ends
    group by 1, p.path
    union all
    select (e.event_timestamp at time zone v.zone)::date, 'event', e.event_type::text, count(*), 0, 0, 0, 0
    from user_events e
    where e.site_id = site and e.event_timestamp >= v.starts and e.event_timestamp < v.ends
    group by 1, e.event_type
  )
  select site, dimension, day, value, sum(count), sum(seconds), sum(timed), sum(short), sum(sessions)
  from parts
  group by dimension, day, value;

  delete from long_sessions where site_id = site and day between first and last;
  insert into long_sessions (site_id, day, session_id, last_event_at)
  select site, s.day, s.session_id, u.last_event_at
  from started_sessions s
  join user_sessions u on u.site_id = site and u.session_id = s.session_id
  where not s.is_of_one_day;
end
$$;

create or replace function roll_up_dimensions(site text, first date, last date) returns void
language plpgsql as $$
declare
  v_month date := date_trunc('month', first)::date;
begin
  delete from daily_dimensions where site_id = site and day between first and last;
  perform add_session_dimensions(site);
  perform add_step_dimensions(site, first, last);

  delete from monthly_dimensions where site_id = site and month = v_month;
  insert into monthly_dimensions (site_id, dimension, month, value, sessions, pageviews, events, bounces, seconds, timed, amount)
  with sums as (
    select dimension, value, sum(sessions) as sessions, sum(pageviews) as pageviews, sum(events) as events,
      sum(bounces) as bounces, sum(seconds) as seconds, sum(timed) as timed, sum(amount) as amount
    from daily_dimensions
    where site_id = site and day >= v_month and day < v_month + interval '1 month'
    group by dimension, value
  ),
  ranked as (
    select *, row_number() over (
      partition by dimension order by value is null, greatest(sessions, pageviews + events) desc, value collate "C") as place
    from sums
  )
  select site, dimension, v_month, case when place <= 2000 then value end,
    sum(sessions), sum(pageviews), sum(events), sum(bounces), sum(seconds), sum(timed), sum(amount)
  from ranked
  group by dimension, case when place <= 2000 then value end;
end
$$;

-- How often each value of each property came with the events of a name. Objects and arrays are no values; and what the tracker
-- measures by itself is a number that hardly comes twice.
create or replace function roll_up_properties(site text, first date, last date) returns void
language plpgsql as $$
declare
  v record;
begin
  select * into v from days_bounds(site, first, last);
  delete from daily_properties where site_id = site and day between first and last;
  insert into daily_properties (site_id, event_name, day, property, value, events)
  with events as (
    select e.event_type, (e.event_timestamp at time zone v.zone)::date as day, e.event_data, count(*) as count
    from user_events e
    where e.site_id = site and e.event_timestamp >= v.starts and e.event_timestamp < v.ends
      and e.event_type not in ('scroll', 'scroll_depth', 'page_visibility', 'page_exit', 'web_vitals')
      and jsonb_typeof(e.event_data) = 'object'
    group by 1, 2, 3
  ),
  sums as (
    select e.event_type, e.day, left(property.name, 100) as property, left(property.value #>> '{}', 500) as value, sum(e.count) as count
    from events e
    cross join lateral jsonb_each(e.event_data) as property(name, value)
    where jsonb_typeof(property.value) in ('string', 'number', 'boolean')
    group by e.event_type, e.day, left(property.name, 100), left(property.value #>> '{}', 500)
  ),
  ranked as (
    select *, row_number() over (partition by event_type, day, property order by count desc, value collate "C") as place from sums
  )
  select site, event_type, day, property, case when place <= 100 then value end, sum(count)
  from ranked
  group by event_type, day, property, case when place <= 100 then value end;
end
$$;
