-- daily_dimensions, monthly_dimensions and daily_properties: sums by value (migrations/0006_stats.sql).
--
-- Sessions, and all that is said of whole sessions, count on the day on which they start; pageviews and events, and what is said
-- of them (`pageviews` of a page, `events` of a name, revenue), on their own.

-- Dimensions of a session: each session has one value of each.
create or replace function add_session_dimensions(site text, days date[]) returns void
language plpgsql as $$
begin
  insert into daily_dimensions (site_id, dimension, day, value, sessions, pageviews, events, bounces, seconds, timed, amount)
  with sums as (
    select s.day, d.dimension, d.value,
      count(*) as sessions, sum(s.pageviews) as pageviews, sum(s.events) as events,
      count(*) filter (where s.bounce) as bounces, sum(s.seconds) as seconds
    from session_summaries s
    cross join lateral (values
      ('entry', s.entry), ('exit', s.exit), ('source', s.source), ('referrer', s.referrer), ('channel', s.channel),
      ('utm_source', s.utm_source), ('utm_medium', s.utm_medium), ('utm_campaign', s.utm_campaign),
      ('utm_content', s.utm_content), ('utm_term', s.utm_term), ('country', s.country), ('language', s.language),
      ('browser', s.browser), ('os', s.os), ('device', s.device), ('screen', s.screen)
    ) as d(dimension, value)
    where s.site_id = site and s.day = any(days)
    group by s.day, d.dimension, d.value
  ),
  ranked as (
    select *, row_number() over (partition by day, dimension order by sessions desc, value) as place from sums
  )
  select site, dimension, day, case when place <= 1000 then value end,
    sum(sessions), sum(pageviews), sum(events), sum(bounces), sum(seconds), sum(sessions), 0
  from ranked
  group by dimension, day, case when place <= 1000 then value end;
end
$$;

-- Dimensions of pageviews and events. `sessions` are those that started on the day and had such a page or event.
create or replace function add_step_dimensions(site text, days date[]) returns void
language plpgsql as $$
begin
  insert into daily_dimensions (site_id, dimension, day, value, sessions, pageviews, events, bounces, seconds, timed, amount)
  with events as materialized (
    select b.day, e.event_type, coalesce(e.page_path, '') as path, coalesce(e.form_id, '') as form_id, e.event_data
    from days_bounds(site, days) b
    join user_events e on e.site_id = site and e.event_timestamp >= b.starts and e.event_timestamp < b.ends
  ),
  parts as (
    select b.day, 'page' as dimension, v.path::text as value, 0 as sessions, count(*) as pageviews, 0 as events,
      coalesce(sum(v.time_on_page_seconds), 0) as seconds, count(v.time_on_page_seconds) as timed, 0 as amount
    from days_bounds(site, days) b
    join pageviews v on v.site_id = site and v.view_timestamp >= b.starts and v.view_timestamp < b.ends
    group by b.day, v.path
    union all
    select s.day, 'page', page.path, count(*), 0, 0, 0, 0, 0
    from session_summaries s
    cross join lateral (select distinct unnest(s.pages) as path) page
    where s.site_id = site and s.day = any(days)
    group by s.day, page.path
    union all
    select s.day, 'event', event.name, count(*), 0, 0, 0, 0, 0
    from session_summaries s
    cross join lateral (select distinct unnest(s.event_names) as name) event
    where s.site_id = site and s.day = any(days)
    group by s.day, event.name
    union all
    select day, 'event', event_type, 0, 0, count(*), 0, 0, 0
    from events group by day, event_type
    union all
    select day, 'scroll_' || milestone, path, 0, 0, count(*), 0, 0, 0
    from (
      select day, path, coalesce(json_integer(event_data -> 'milestone'), json_integer(event_data -> 'scrollPercentage')) as milestone
      from events where event_type = 'scroll_depth'
    ) depths
    where milestone in (25, 50, 75, 100)
    group by day, milestone, path
    union all
    select day, event_type, form_id, 0, 0, count(*), 0, 0, 0
    from events where event_type in ('form_start', 'form_submit', 'form_abandon') group by day, event_type, form_id
    union all
    select day, 'form_page', jsonb_build_array(form_id, path)::text, 0, 0, count(*), 0, 0, 0
    from events where event_type in ('form_start', 'form_submit', 'form_abandon') group by day, form_id, path
    union all
    -- A field that was left empty was not filled in.
    select e.day, 'form_field', jsonb_build_array(e.form_id, left(field.name, 200))::text, 0, 0, count(*), 0, 0, 0
    from events e
    cross join lateral jsonb_each_text(
      case when jsonb_typeof(e.event_data -> 'formData') = 'object' then e.event_data -> 'formData' else '{}' end) as field(name, value)
    where e.event_type = 'form_submit' and field.value <> ''
    group by e.day, e.form_id, left(field.name, 200)
    union all
    select day, 'revenue', jsonb_build_array(event_type, currency)::text, 0, 0, count(*), 0, 0, sum(amount)
    from (
      select day, event_type, coalesce(upper(json_text(event_data, 'currency', 3)), '') as currency, json_amount(event_data -> 'revenue') as amount
      from events where event_data ? 'revenue'
    ) payments
    where amount is not null
    group by day, event_type, currency
  ),
  sums as (
    select day, dimension, value, sum(sessions) as sessions, sum(pageviews) as pageviews, sum(events) as events,
      sum(seconds) as seconds, sum(timed) as timed, sum(amount) as amount
    from parts group by day, dimension, value
  ),
  ranked as (
    select *, row_number() over (partition by day, dimension order by pageviews + events desc, sessions desc, value) as place from sums
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

create or replace function roll_up_dimensions(site text, days date[]) returns void
language plpgsql as $$
declare
  v_months date[];
begin
  delete from daily_dimensions where site_id = site and day = any(days);
  perform add_session_dimensions(site, days);
  perform add_step_dimensions(site, days);

  select array_agg(distinct date_trunc('month', day)::date) into v_months from unnest(days) as d(day);
  delete from monthly_dimensions where site_id = site and month = any(v_months);
  insert into monthly_dimensions (site_id, dimension, month, value, sessions, pageviews, events, bounces, seconds, timed, amount)
  with sums as (
    select d.dimension, m.month, d.value, sum(d.sessions) as sessions, sum(d.pageviews) as pageviews, sum(d.events) as events,
      sum(d.bounces) as bounces, sum(d.seconds) as seconds, sum(d.timed) as timed, sum(d.amount) as amount
    from unnest(v_months) as m(month)
    join daily_dimensions d on d.site_id = site and d.day >= m.month and d.day < m.month + interval '1 month'
    group by d.dimension, m.month, d.value
  ),
  ranked as (
    select *, row_number() over (
      partition by dimension, month order by value is null, greatest(sessions, pageviews + events) desc, value) as place
    from sums
  )
  select site, dimension, month, case when place <= 2000 then value end,
    sum(sessions), sum(pageviews), sum(events), sum(bounces), sum(seconds), sum(timed), sum(amount)
  from ranked
  group by dimension, month, case when place <= 2000 then value end;
end
$$;

-- How often each value of each property came with the events of a name. Objects and arrays are no values; and what the tracker
-- measures by itself is a number that hardly comes twice.
create or replace function roll_up_properties(site text, days date[]) returns void
language plpgsql as $$
begin
  delete from daily_properties where site_id = site and day = any(days);
  insert into daily_properties (site_id, event_name, day, property, value, events)
  with sums as (
    select e.event_type, b.day, left(property.name, 100) as property, left(property.value #>> '{}', 500) as value, count(*) as events
    from days_bounds(site, days) b
    join user_events e on e.site_id = site and e.event_timestamp >= b.starts and e.event_timestamp < b.ends
    cross join lateral jsonb_each(case when jsonb_typeof(e.event_data) = 'object' then e.event_data else '{}' end) as property(name, value)
    where e.event_type not in ('scroll', 'scroll_depth', 'page_visibility', 'page_exit', 'web_vitals')
      and jsonb_typeof(property.value) in ('string', 'number', 'boolean')
    group by e.event_type, b.day, left(property.name, 100), left(property.value #>> '{}', 500)
  ),
  ranked as (
    select *, row_number() over (partition by event_type, day, property order by events desc, value) as place from sums
  )
  select site, event_type, day, property, case when place <= 100 then value end, sum(events)
  from ranked
  group by event_type, day, property, case when place <= 100 then value end;
end
$$;
