import type { Database } from "../database.ts";
import { isSelective, Params, type StatsQuery } from "./query.ts";
import { askRows, chosenSegments, chosenSessions } from "./segments.ts";
import { chosenTotals } from "./sums.ts";
import { SESSION_SUMS, SUMMED_COLUMNS, type Sums, type Totals, totalsOf } from "./totals.ts";

export const INTERVALS = ["hour", "day", "week", "month"] as const;
/** Weeks begin on Monday (ISO 8601). Hours count from the site's midnight. */
export type Interval = typeof INTERVALS[number];

export interface Bucket extends Totals {
  /** When it starts. Where the range begins amid a week or a month: when the range does. */
  start: Date;
  /** The same on the site's clock: `2026-11-22`, and for hours `2026-11-22T14:00`. */
  label: string;
}

type Row = Sums & { starts_at: Date; label: string };

/** The figures of each interval of the range, the earliest first, empty ones included. */
export async function timeseries(db: Database, query: StatsQuery, interval: Interval): Promise<Bucket[]> {
  const params = new Params();
  const sums = isSelective(query)
    ? interval === "hour" ? chosenHourSums(query, params) : chosenDaySums(query, params)
    : interval === "hour"
    ? hourSums(query, params)
    : daySums(query, params);
  const sql = `
  with ${isSelective(query) ? `${chosenSegments(query, params)},` : ""}
  buckets as (${buckets(query, interval, params)}
  ),
  sums as (${sums}
  )
  select
    b.starts_at, b.label,
    coalesce(s.visitors, 0) as visitors, coalesce(s.sessions, 0) as sessions, coalesce(s.pageviews, 0) as pageviews,
    coalesce(s.events, 0) as events, coalesce(s.bounces, 0) as bounces, coalesce(s.seconds, 0) as seconds
  from buckets b
  left join sums s on s.starts_at = b.starts_at
  order by b.starts_at`;
  const rows = await askRows<Row>(db, query, sql, params);
  return rows.map(({ starts_at, label, ...sums }) => ({ start: starts_at, label, ...totalsOf(sums) }));
}

/** `starts_at`, `ends_at`, `label`, and for all but hours the days `first_day` to `last_day`, of each interval of the range. */
function buckets({ timezone, range }: StatsQuery, interval: Interval, params: Params): string {
  const [from, to, zone] = [range.from, range.to, timezone].map((value) => params.add(value));
  if (interval === "hour") {
    return `
    select
      hour as starts_at, least(hour + interval '1 hour', ends) as ends_at,
      to_char(hour at time zone ${zone}, 'YYYY-MM-DD"T"HH24:MI') as label
    from (
      select day::timestamp at time zone ${zone} as starts, (day::date + 1)::timestamp at time zone ${zone} as ends
      from generate_series(${from}::date, ${to}::date, interval '1 day') as day
    ) days, generate_series(starts, ends - interval '1 second', interval '1 hour') as hour`;
  }
  return `
    select
      first_day::timestamp at time zone ${zone} as starts_at, (last_day + 1)::timestamp at time zone ${zone} as ends_at,
      to_char(first_day, 'YYYY-MM-DD') as label, first_day, last_day
    from (
      select greatest(step::date, ${from}::date) as first_day,
        least((step + interval '1 ${interval}')::date - 1, ${to}::date) as last_day
      from generate_series(date_trunc('${interval}', ${from}::timestamp), ${to}::timestamp, interval '1 ${interval}') as step
    ) days`;
}

function hourSums({ site, range }: StatsQuery, params: Params): string {
  const [siteId, from, to] = [site, range.from, range.to].map((value) => params.add(value));
  return `
    select hour as starts_at, visitors, sessions, pageviews, events, bounces, seconds
    from hourly_site_metrics
    where site_id = ${siteId} and day between ${from}::date and ${to}::date`;
}

function daySums({ site, range }: StatsQuery, params: Params): string {
  const [siteId, from, to] = [site, range.from, range.to].map((value) => params.add(value));
  return `
    select h.*, coalesce(v.visitors, 0) as visitors
    from (
      select b.starts_at, sum(m.sessions) as sessions, sum(m.pageviews) as pageviews, sum(m.events) as events,
        sum(m.bounces) as bounces, sum(m.seconds) as seconds
      from buckets b
      join hourly_site_metrics m on m.site_id = ${siteId} and m.day between b.first_day and b.last_day
      where m.day between ${from}::date and ${to}::date
      group by b.starts_at
    ) h
    left join (
      -- Of a visitor's days in a bucket, the one that has no other before it there.
      select b.starts_at, sum(r.visitors) as visitors
      from buckets b
      join visitor_returns r on r.site_id = ${siteId} and r.day between b.first_day and b.last_day
      where r.day between ${from}::date and ${to}::date
        and (r.previous_day is null or r.previous_day < b.first_day)
      group by b.starts_at
    ) v using (starts_at)`;
}

/** An interval at a time: so what is sorted, to tell the visitors apart, is of that interval only. */
function chosenDaySums(query: StatsQuery, params: Params): string {
  return `
    select b.starts_at, s.*
    from buckets b
    cross join lateral (${chosenTotals(query, params, "c.day between b.first_day and b.last_day")}
    ) s`;
}

function chosenHourSums(query: StatsQuery, params: Params): string {
  return `
    select day::timestamp at time zone ${
    params.add(query.timezone)
  } + hour * interval '1 hour' as starts_at, ${SESSION_SUMS}
    from (select *, started_ms / 3600000 as hour from (${
    chosenSessions(query, [...SUMMED_COLUMNS, "started_ms"], params)
  }
    ) sessions) s
    group by day, hour`;
}
