import type { Dimension, Filter, Params, StatsQuery } from "../db/stats/query.ts";

/** Of a session `s` and its agent `a`; pages and events it has several of. */
const VALUES: Partial<Record<Dimension, string>> = {
  country: "s.country",
  channel: "s.channel",
  browser: "a.browser",
};

const STEPS: Partial<Record<Dimension, string>> = {
  page: "select path as value from pageviews",
  event: "select event_type as value from user_events",
};

/**
 * Common table expressions over facts alone: `bounds` (`site`, when the range `starts` and `ends`), `chosen` sessions, and the `views`,
 * `events` and form `submissions` to count: with filters those of the chosen sessions, else those of the range.
 *
 * @throws {TypeError} If a filter is of a dimension that is not known here
 */
export function chosenRows({ site, range, timezone, filters }: StatsQuery, params: Params): string {
  const [siteId, from, to, zone] = [site, range.from, range.to, timezone].map((value) => params.add(value));
  const rows = (table: string, time: string) =>
    filters.length > 0
      ? `select r.* from chosen join ${table} r using (site_id, session_id)`
      : `select r.* from bounds, ${table} r where r.site_id = site and r.${time} >= starts and r.${time} < ends`;
  return `
  bounds as (
    select ${siteId} as site, ${from}::date::timestamp at time zone ${zone} as starts, (${to}::date + 1)::timestamp at time zone ${zone} as ends
  ),
  chosen as (
    select s.*
    from bounds, user_sessions s left join user_agents a using (user_agent)
    where s.site_id = site and s.session_start >= starts and s.session_start < ends
      ${filters.map((filter) => `and ${fits(filter, params)}`).join(" ")}
  ),
  views as (${rows("pageviews", "view_timestamp")}),
  events as (${rows("user_events", "event_timestamp")}),
  submissions as (${rows("form_submissions", "submit_timestamp")})`;
}

/** Who was there `at` which moment: with filters when chosen sessions began, else at every pageview, too. */
export function visitsOf({ filters }: StatsQuery): string {
  const starts = "select visitor_id, session_start as at from chosen";
  return filters.length > 0 ? starts : `${starts} union all select visitor_id, view_timestamp from views`;
}

function fits({ dimension, operator, values }: Filter, params: Params): string {
  const [column, steps] = [VALUES[dimension], STEPS[dimension]];
  if (column === undefined && steps === undefined) {
    throw new TypeError(`There is no raw answer by ${dimension}`);
  }
  const wanted = operator.startsWith("is") ? values : values.map((value) => `%${value}%`);
  const condition = (value: string) =>
    `${value} ${operator.startsWith("is") ? "=" : "ilike"} any(${params.add(wanted)}::text[])`;
  const found = column !== undefined
    ? condition(`coalesce(${column}, '')`)
    : `exists (select from (${steps} r where r.site_id = s.site_id and r.session_id = s.session_id) steps where ${
      condition("steps.value")
    })`;
  return operator.endsWith("_not") ? `not ${found}` : found;
}
