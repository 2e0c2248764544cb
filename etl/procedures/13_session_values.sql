-- session_values: which sessions of a segment have which value (migrations/0015_lists_apart.sql).

-- Whether so few sessions of a segment have a value that it shares a row: less than eight, or than one of 64, whose bits would take
-- more room than twice their numbers.
create or replace function is_rare(sessions bigint, of_all bigint) returns boolean
language sql immutable parallel safe as $$
  select sessions < greatest(8, of_all / 64)
$$;

-- Makes the temporary table fresh_values, with the dimensions of which a session has one value.
create or replace function collect_session_values() returns void
language plpgsql as $$
begin
  create temporary table fresh_values (
    id integer generated always as identity,
    day date, segment integer, dimension text, value text, rare text[], firsts integer[], lasts integer[], sessions integer,
    numbers integer[], time_on_page integer[], amounts numeric[], steps bigint[]
  );
  -- What is packed here would stay so for good.
  alter table fresh_values
    alter numbers set storage external, alter time_on_page set storage external, alter steps set storage external;
  insert into fresh_values (day, segment, dimension, value, sessions, numbers)
  select day, segment, dimension, value, count(*), array_agg(number)
  from (
    select s.day, s.segment, s.number, d.dimension, d.value
    from started_sessions s
    cross join lateral (values
      ('entry', s.entry), ('exit', s.exit), ('source', s.source), ('referrer', s.referrer), ('channel', s.channel),
      ('utm_source', s.utm_source), ('utm_medium', s.utm_medium), ('utm_campaign', s.utm_campaign),
      ('utm_content', s.utm_content), ('utm_term', s.utm_term), ('country', s.country), ('language', s.language),
      ('browser', s.browser), ('os', s.os), ('device', s.device), ('screen', s.screen), ('referrer_type', s.referrer_type)
    ) as d(dimension, value)
  ) having_value
  group by day, segment, dimension, value;
end
$$;

-- An element of session_values.steps: what is said of a step, and whose it is.
create or replace function packed_step(said bigint, number integer, is_first boolean) returns bigint
language sql immutable parallel safe as $$
  select said << 14 | case when is_first then 0 else 8192 end | (number + 1)
$$;

-- Whether a dimension has steps in the place of numbers.
create or replace function has_steps(dimension text) returns boolean
language sql immutable parallel safe as $$
  select dimension in ('page_step', 'page_way', 'event_step')
$$;

-- Adds pages and events to fresh_values: at most the first 1,000 of each session.
create or replace function collect_steps() returns void
language plpgsql as $$
begin
  insert into fresh_values (day, segment, dimension, value, sessions, numbers, time_on_page, steps)
  with pages as materialized (
    select day, segment, min(path) as path, count(*) filter (where is_first) as sessions,
      array_agg(case when is_first then number else -1 - number end) as numbers, array_agg(seconds) as time_on_page,
      array_agg(packed_step(ms::bigint * 1024 + place, number, is_first)) as steps,
      array_agg(packed_step(coalesce(previous, 0)::bigint << 22 | coalesce(next, 0), number, is_first)) as ways
    from session_pages
    where place < 1000
    group by day, segment, page
  ),
  events as materialized (
    select day, segment, event_type, count(*) filter (where is_first) as sessions,
      array_agg(case when is_first then number else -1 - number end) as numbers,
      array_agg(packed_step(ms::bigint * 1024, number, is_first)) as steps
    from session_events
    where place < 1000
    group by day, segment, event_type
  )
  select day, segment, 'page', path, sessions, numbers, time_on_page, null from pages
  union all
  select day, segment, 'page_step', path, sessions, '{}', null, steps from pages
  union all
  select day, segment, 'page_way', path, sessions, '{}', null, ways from pages
  union all
  select day, segment, 'event', event_type, sessions, numbers, null, null from events
  union all
  select day, segment, 'event_step', event_type, sessions, '{}', null, steps from events;
end
$$;

-- Adds to fresh_values what events say beside their name, as etl/procedures/10_dimensions.sql and roll_up_properties make it of a
-- day: how far pages were scrolled, forms, revenue, properties. Events come in any order, so they are sorted; what is a session's
-- comes in its order.
create or replace function collect_event_values(site text, first date, last date) returns void
language plpgsql as $$
declare
  v record;
begin
  select * into v from days_bounds(site, first, last);
  create temporary table told_events as
  select s.day, s.segment, s.number, e.event_type::text, coalesce(e.page_path, '') as path, coalesce(e.form_id, '') as form_id, e.event_data
  from user_events e
  join started_sessions s on s.session_id = e.session_id
  where e.site_id = site and e.event_timestamp >= v.starts and e.event_timestamp < (last + 2)::timestamp at time zone v.zone
    and e.event_timestamp < (s.day + 2)::timestamp at time zone v.zone
    and (e.event_type not in ('scroll', 'page_visibility', 'page_exit', 'web_vitals') or e.event_data ? 'revenue');

  insert into fresh_values (day, segment, dimension, value, sessions, numbers, amounts)
  select day, segment, dimension, value, count(distinct number), array_agg(number), case when dimension = 'revenue' then array_agg(amount) end
  from (
    select e.day, e.segment, e.number, said.dimension, said.value, said.amount
    from (
      select *, coalesce(json_integer(event_data -> 'milestone'), json_integer(event_data -> 'scrollPercentage')) as milestone,
        json_amount(event_data -> 'revenue') as revenue
      from told_events
      where event_type in ('form_start', 'form_submit', 'form_abandon', 'scroll_depth') or event_data ? 'revenue'
    ) e
    cross join lateral (
      select 'scroll_' || e.milestone as dimension, e.path as value, 0 as amount
      where e.event_type = 'scroll_depth' and e.milestone in (25, 50, 75, 100)
      union all
      select e.event_type, e.form_id, 0 where e.event_type in ('form_start', 'form_submit', 'form_abandon')
      union all
      select 'form_page', jsonb_build_array(e.form_id, e.path)::text, 0 where e.event_type in ('form_start', 'form_submit', 'form_abandon')
      union all
      select 'form_field', jsonb_build_array(e.form_id, left(field.name, 200))::text, 0
      from jsonb_each_text(case when jsonb_typeof(e.event_data -> 'formData') = 'object' then e.event_data -> 'formData' else '{}' end)
        as field(name, value)
      where e.event_type = 'form_submit' and field.value <> ''
      union all
      select 'revenue', jsonb_build_array(e.event_type, coalesce(upper(json_text(e.event_data, 'currency', 3)), ''))::text, e.revenue
      where e.revenue is not null
    ) said
    order by e.day, e.segment, said.dimension, said.value, e.number, said.amount
  ) ordered
  group by day, segment, dimension, value;

  insert into fresh_values (day, segment, dimension, value, sessions, numbers)
  with properties as (
    select e.day, e.segment, e.number, e.event_type, left(property.name, 100) as property, left(property.value #>> '{}', 500) as value
    from told_events e
    cross join lateral jsonb_each(e.event_data) as property(name, value)
    where e.event_type not in ('scroll', 'scroll_depth', 'page_visibility', 'page_exit', 'web_vitals')
      and jsonb_typeof(e.event_data) = 'object' and jsonb_typeof(property.value) in ('string', 'number', 'boolean')
  ),
  kept as (
    -- The text is made once a value, not once an event.
    select day, event_type, property, value, jsonb_build_array(property, value)::text as text
    from (
      select *, row_number() over (partition by day, event_type, property order by count desc, value collate "C") as place
      from (select day, event_type, property, value, count(*) as count from properties group by 1, 2, 3, 4) counts
    ) ranked
    where place <= 100
  )
  select day, segment, dimension, value, count(distinct number), array_agg(number)
  from (
    select p.day, p.segment, p.number, 'property:' || p.event_type as dimension, coalesce(k.text, jsonb_build_array(p.property, null)::text) as value
    from properties p
    left join kept k using (day, event_type, property, value)
    order by 1, 2, 4, 5, 3
  ) ordered
  group by day, segment, dimension, value;
  drop table told_events;
end
$$;

-- Puts the values of fresh_values that few sessions have into one row a dimension.
create or replace function share_rare_values() returns void
language plpgsql
set enable_hashagg = off -- the arrays are in the order in which the rows come: sorted as they are grouped
set enable_sort = on
as $$
begin
  create temporary table rare_values (like fresh_values including storage);
  insert into rare_values
  select f.* from fresh_values f
  join (select day, segment, count(*) as sessions from started_sessions group by day, segment) g using (day, segment)
  where is_rare(f.sessions, g.sessions);
  delete from fresh_values f
  using (select day, segment, count(*) as sessions from started_sessions group by day, segment) g
  where f.day = g.day and f.segment = g.segment and is_rare(f.sessions, g.sessions);

  insert into fresh_values (
    day, segment, dimension, rare, firsts, lasts, sessions, numbers, amounts, steps
  )
  with listed as (
    select day, segment, dimension, array_agg(value) as rare, array_agg(last - length + 1) as firsts, array_agg(last) as lasts,
      sum(sessions) as sessions
    from (
      select *, (sum(length) over (partition by day, segment, dimension order by value collate "C"))::integer as last
      from (select *, cardinality(coalesce(steps, numbers)) as length from rare_values) lengths
      order by day, segment, dimension, value collate "C"
    ) placed
    group by day, segment, dimension
  ),
  joined as (
    select day, segment, dimension,
      case when has_steps(dimension) then '{}' else array_agg(number) end as numbers,
      case when dimension = 'revenue' then array_agg(amount) end as amounts,
      case
        when has_steps(dimension) then array_agg(step)
        when dimension = 'page' then array_agg(packed_step(coalesce(seconds + 1, 0), greatest(number, -1 - number), number >= 0))
      end as steps
    from (
      select day, segment, dimension, value, unnest(numbers) as number, unnest(time_on_page) as seconds, unnest(amounts) as amount,
        unnest(steps) as step
      from (select * from rare_values order by day, segment, dimension, value collate "C") ordered
    ) elements
    group by day, segment, dimension
  )
  select day, segment, dimension, l.rare, l.firsts, l.lasts, l.sessions,
    j.numbers, j.amounts, j.steps
  from listed l
  join joined j using (day, segment, dimension);
  drop table rare_values;
end
$$;
