/** Raw answers about goals, and about what events, forms and scrolling say of their own. */
import { list, one, type RawAnswer } from "./raw_answers.ts";

export const rawGoals = list(() => `
  select g.name, coalesce(c.completions, 0) as completions, coalesce(c.sessions, 0) as sessions,
    coalesce(c.sessions, 0)::float8 / (select nullif(count(*), 0) from chosen) as rate
  from goals g, bounds b, lateral (
    select count(*) as completions, count(distinct session_id) as sessions
    from (
      select session_id from views where g.page = path
      union all
      select session_id from events where g.event_name = event_type
    ) done
  ) c
  where g.site_id = b.site
  order by g.name collate "C"`);

export const rawForms = list(() => `
  , uses as (
    select coalesce(form_id, '') as form, event_type, page_path from events where event_type in ('form_start', 'form_submit', 'form_abandon')
  ),
  forms as (
    select form, count(*) filter (where event_type = 'form_start') as starts, count(*) filter (where event_type = 'form_submit') as submissions,
      count(*) filter (where event_type = 'form_abandon') as abandonments
    from uses group by form
  )
  select *, (select count(*) from views where path in (select page_path from uses u where u.form = f.form)) as views, (
    select coalesce(jsonb_agg(jsonb_build_object('field', field, 'filled', filled) order by filled desc, field collate "C"), '[]')
    from (
      select field.name as field, count(*) as filled
      from submissions s, jsonb_each_text(s.form_data) as field(name, value)
      where coalesce(s.form_id, '') = f.form and field.value <> '' group by 1
    ) counted
  ) as fields
  from forms f
  order by greatest(starts, submissions) desc, form collate "C"`);

/** A scroll_depth event is of the latest view of its page before it in the session; a view got as far as the furthest of them says. */
export const rawScroll = list(() => `
  , depths as materialized (
    select id, max(depth) as depth
    from (
      select distinct on (e.event_id) v.id, (e.event_data ->> 'milestone')::integer as depth
      from bounds b
      join user_events e on e.site_id = b.site and e.event_type = 'scroll_depth'
      join pageviews v on v.site_id = b.site and v.session_id = e.session_id and v.path = e.page_path and v.view_timestamp <= e.event_timestamp
      order by e.event_id, v.view_timestamp desc, v.event_id desc
    ) scrolled
    group by id
  ),
  reached as materialized (
    select path, step, count(*)::float8 as views
    from views join depths using (id), unnest(array[25, 50, 75, 100]) as step
    where depth >= step
    group by path, step
  ),
  pages as (
    select path, count(*) as pageviews from views group by path order by 2 desc, path collate "C" limit 100
  )
  select path as value, pageviews, (
    select jsonb_object_agg(step, coalesce((select views from reached r where r.path = p.path and r.step = steps.step), 0) / pageviews)
    from unnest(array[25, 50, 75, 100]) as steps(step)
  ) as reached
  from pages p
  order by pageviews desc, path collate "C"`);

export const rawRevenue = list(() => `
  select event_type as event, currency, count(*) as payments, sum(amount) as amount
  from (
    select event_type, event_data ->> 'currency' as currency, (event_data ->> 'revenue')::numeric as amount
    from events where event_data ? 'revenue'
  ) paid
  group by event_type, currency
  order by currency collate "C", sum(amount) desc, event_type collate "C"`);

/** @param name of the event */
export const rawProperties = (name: string): RawAnswer =>
  one((_, params) => `
  , named as materialized (select session_id, event_data from events where event_type = ${params.add(name)}),
  counts as (
    select property.name as property, property.value #>> '{}' as value, count(*) as events
    from named, jsonb_each(event_data) as property(name, value) group by 1, 2
  ),
  ranked as (
    select *, row_number() over (partition by property order by events desc, value collate "C") as place,
      sum(events) over (partition by property) as property_events
    from counts
  )
  select (select count(*) from named) as events, (select count(distinct session_id) from named) as sessions, (
    select jsonb_agg(jsonb_build_object('property', property, 'values', values) order by property_events desc, property collate "C")
    from (
      select property, property_events, jsonb_agg(jsonb_build_object('value', value, 'events', events) order by place) as values
      from ranked where place <= 20 group by 1, 2
    ) properties
  ) as properties`);
