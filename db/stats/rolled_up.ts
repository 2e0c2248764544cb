import { chosenSessions, type Params, type StatsQuery } from "./query.ts";

/** What is kept of pageviews and events by value, beside the dimensions that one may ask for (etl/procedures/10_dimensions.sql). */
export type StepDimension =
  | "page"
  | "scroll_25"
  | "scroll_50"
  | "scroll_75"
  | "scroll_100"
  | "form_start"
  | "form_submit"
  | "form_abandon"
  | "form_page"
  | "form_field"
  | "revenue";

const COLUMNS = "dimension, value, sessions, pageviews, events, bounces, seconds, timed, amount";

/** Rows by dimension and value that sum up to the range: whole months as months, the days at both ends as days. */
export function rolledUp({ site, range }: StatsQuery, dimensions: readonly string[], params: Params): string {
  const [siteId, names, from, to] = [site, dimensions, range.from, range.to].map((value) =>
    params.add(value)
  );
  // The first day of the first whole month, and that of the month after the last whole one.
  const firstMonth = `date_trunc('month', ${from}::date + interval '1 month' - interval '1 day')::date`;
  const endOfMonths = `date_trunc('month', ${to}::date + interval '1 day')::date`;
  return `
      select ${COLUMNS} from monthly_dimensions
      where site_id = ${siteId} and dimension = any(${names}::text[]) and month >= ${firstMonth} and month < ${endOfMonths}
      union all
      select ${COLUMNS} from daily_dimensions
      where site_id = ${siteId} and dimension = any(${names}::text[])
        and day between ${from}::date and least(${to}::date, ${firstMonth} - 1)
      union all
      select ${COLUMNS} from daily_dimensions
      where site_id = ${siteId} and dimension = any(${names}::text[])
        and day between greatest(${from}::date, ${firstMonth}, ${endOfMonths}) and ${to}::date`;
}

/**
 * Rows by dimension and value, with `pageviews`, `events` and `amount`, that sum up to the range: rolled up ones, or with filters
 * those that the facts of the chosen sessions make.
 */
export function stepRows(query: StatsQuery, dimensions: readonly StepDimension[], params: Params): string {
  if (query.filters.length === 0) return rolledUp(query, dimensions, params);
  return `
      select dimension, value, pageviews, events, amount
      from (
        ${chosenSteps(query, params)}
      ) chosen_steps
      where dimension = any(${params.add(dimensions)}::text[])`;
}

/** The events of the chosen sessions `s`, as `e`, for as long as their steps are kept: up to a day after their day's end. */
export function chosenEvents(query: StatsQuery, params: Params): string {
  const [from, to, zone] = [query.range.from, query.range.to, query.timezone].map((value) =>
    params.add(value)
  );
  return `session_summaries s
        join user_events e on e.site_id = s.site_id and e.session_id = s.session_id
          and e.event_timestamp < (s.day + 2)::timestamp at time zone ${zone}
        where ${chosenSessions(query, params)}
          and e.event_timestamp >= ${from}::date::timestamp at time zone ${zone}
          and e.event_timestamp < (${to}::date + 2)::timestamp at time zone ${zone}`;
}

/** What etl/procedures/10_dimensions.sql makes of the events of a day, of those of the chosen sessions. */
function chosenSteps(query: StatsQuery, params: Params): string {
  return `
        with events as (
          select e.event_type, coalesce(e.page_path, '') as path, coalesce(e.form_id, '') as form_id, e.event_data
          from ${chosenEvents(query, params)}
            and (e.event_type in ('scroll_depth', 'form_start', 'form_submit', 'form_abandon') or e.event_data ? 'revenue')
        )
        select 'page' as dimension, page as value, 1 as pageviews, 0 as events, 0 as amount
        from session_summaries s, unnest(s.pages) as page
        where ${chosenSessions(query, params)}
        union all
        select 'scroll_' || coalesce(json_integer(event_data -> 'milestone'), json_integer(event_data -> 'scrollPercentage')), path, 0, 1, 0
        from events where event_type = 'scroll_depth'
        union all
        select event_type, form_id, 0, 1, 0
        from events where event_type in ('form_start', 'form_submit', 'form_abandon')
        union all
        select 'form_page', jsonb_build_array(form_id, path)::text, 0, 1, 0
        from events where event_type in ('form_start', 'form_submit', 'form_abandon')
        union all
        select 'form_field', jsonb_build_array(form_id, left(field.name, 200))::text, 0, 1, 0
        from events
        cross join lateral jsonb_each_text(
          case when jsonb_typeof(event_data -> 'formData') = 'object' then event_data -> 'formData' else '{}' end) as field(name, value)
        where event_type = 'form_submit' and field.value <> ''
        union all
        select 'revenue', jsonb_build_array(event_type, coalesce(upper(json_text(event_data, 'currency', 3)), ''))::text, 0, 1,
          json_amount(event_data -> 'revenue')
        from events where json_amount(event_data -> 'revenue') is not null`;
}
