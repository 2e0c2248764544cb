-- What session rows do not hold: properties of events, forms and revenue, by day, from the facts.
--
-- Reads: user_events, form_submissions, sites.
--
-- As in 31_sums.sql, roll-ups store what these functions return, and questions read it for the days that are not rolled up.

-- A sum of money from JSON: a number, or a text that is one; null where it is neither, or is 10^12 or more.
create or replace function json_amount(value jsonb) returns numeric
language sql immutable parallel safe as $$
  select case
    when jsonb_typeof(value) = 'number' and abs(value::numeric) < 1e12 then round(value::numeric, 4)
    when jsonb_typeof(value) = 'string' and value #>> '{}' ~ '^-?\d{1,12}(\.\d{1,9})?$' then round((value #>> '{}')::numeric, 4)
  end
$$;

-- Whether somebody named the event, or it says something of its own; the tracker measures the others all the time. As the
-- predicate of idx_user_events_own, which a query has to name in these words.
create or replace function is_own_event(event_type text) returns boolean
language sql immutable parallel safe as $$
  select event_type not in ('scroll', 'scroll_depth', 'page_visibility', 'page_exit', 'web_vitals')
$$;

-- The names of a site's own events, found by skipping from one to the next along idx_user_events_own.
create or replace function own_event_names(site text) returns table (name text)
language sql stable as $$
  with recursive names as (
    select min(e.event_type) as name from user_events e where e.site_id = site and is_own_event(e.event_type)
    union all
    select (
      select min(e.event_type) from user_events e where e.site_id = site and is_own_event(e.event_type) and e.event_type > names.name
    )
    from names where names.name is not null
  )
  select names.name from names where names.name is not null
$$;

-- How often each value of each property came with the events of a name (null: of all names). Objects and arrays are no values.
create or replace function properties_of_days(site text, days date[], name text default null)
returns table (event_name text, day date, property text, value text, events bigint)
language sql stable as $$
  select e.name, e.day, left(property.name, 100), left(property.value #>> '{}', 500), sum(e.count)::bigint
  from (
    select n.name, b.day, e.event_data, count(*) as count
    from (select n.name from own_event_names(site) n where properties_of_days.name is null or n.name = properties_of_days.name) n
    cross join day_bounds(site, days) b
    cross join lateral (
      select e.event_data
      from user_events e
      where e.site_id = site and e.event_type = n.name and is_own_event(e.event_type)
        and e.event_timestamp >= b.starts and e.event_timestamp < b.ends and jsonb_typeof(e.event_data) = 'object'
      offset 0
    ) e
    group by n.name, b.day, e.event_data
  ) e
  cross join lateral jsonb_each(e.event_data) as property(name, value)
  where jsonb_typeof(property.value) in ('string', 'number', 'boolean')
  group by e.name, e.day, left(property.name, 100), left(property.value #>> '{}', 500)
$$;

-- How often each form was started, submitted and abandoned on each page; an unknown form or page is ''.
create or replace function forms_of_days(site text, days date[])
returns table (day date, form_id text, page text, starts bigint, submissions bigint, abandonments bigint)
language sql stable as $$
  select b.day, coalesce(e.form_id, ''), coalesce(e.page_path, ''),
    count(*) filter (where e.event_type = 'form_start'), count(*) filter (where e.event_type = 'form_submit'),
    count(*) filter (where e.event_type = 'form_abandon')
  from day_bounds(site, days) b
  cross join lateral (
    select e.event_type, e.form_id, e.page_path
    from user_events e
    where e.site_id = site and e.event_timestamp >= b.starts and e.event_timestamp < b.ends
      and is_own_event(e.event_type) and e.event_type in ('form_start', 'form_submit', 'form_abandon')
    offset 0
  ) e
  group by 1, 2, 3
$$;

-- How many submissions of each form had something in each field.
create or replace function form_fields_of_days(site text, days date[]) returns table (day date, form_id text, field text, filled bigint)
language sql stable as $$
  select b.day, coalesce(f.form_id, ''), left(field.name, 200), count(*)
  from day_bounds(site, days) b
  cross join lateral (
    select f.form_id, f.form_data
    from form_submissions f where f.site_id = site and f.submit_timestamp >= b.starts and f.submit_timestamp < b.ends offset 0
  ) f
  cross join lateral jsonb_each_text(case when jsonb_typeof(f.form_data) = 'object' then f.form_data else '{}' end) as field(name, value)
  where field.value <> ''
  group by 1, 2, 3
$$;

-- What the events of each name brought in, by currency; '' where none was sent.
create or replace function revenue_of_days(site text, days date[])
returns table (day date, event_name text, currency text, payments bigint, amount numeric)
language sql stable as $$
  select b.day, e.event_type, coalesce(upper(json_text(e.event_data, 'currency', 3) collate "C"), ''), count(*), sum(json_amount(e.event_data -> 'revenue'))
  from day_bounds(site, days) b
  cross join lateral (
    select e.event_type, e.event_data
    from user_events e
    where e.site_id = site and e.event_timestamp >= b.starts and e.event_timestamp < b.ends and e.event_data ? 'revenue'
    offset 0
  ) e
  where json_amount(e.event_data -> 'revenue') is not null
  group by 1, 2, 3
$$;
