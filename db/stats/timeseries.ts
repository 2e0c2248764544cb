import type { Database } from "../database.ts";
import { totalsOfDays } from "./overview.ts";
import { Params, type StatsQuery } from "./query.ts";
import { ask, type ChosenRows, type Days, scopeOf } from "./scope.ts";
import { ROW_SUMS, SUM_COLUMNS, SUMS, type Sums, type Totals, totalsOf } from "./totals.ts";
import { visitorCount } from "./visitors.ts";

export const INTERVALS = ["hour", "day", "week", "month"] as const;
/** Weeks begin on Monday (ISO 8601). Hours count from the site's midnight. */
export type Interval = typeof INTERVALS[number];

export interface Bucket extends Totals {
  /** When it starts. Where the range begins amid a week or a month: when the range does. */
  start: Date;
  /** The same on the site's clock: `2026-11-22`, and for hours `2026-11-22T14:00`. */
  label: string;
  /** Whether it is not a whole hour, day, week or month: the range begins or ends within it, or it is not over yet. */
  partial: boolean;
}

type Row = Sums & { starts_at: Date; label: string; is_partial: boolean };

/**
 * The figures of each interval of the range, the earliest first, empty ones included.
 *
 * @param now what ends later is partial
 */
export async function timeseries(
  db: Database,
  query: StatsQuery,
  interval: Interval,
  now: Date,
): Promise<Bucket[]> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  const [from, to, zone] = [query.range.from, query.range.to, query.timezone]
    .map((value) => params.add(value)) as [string, string, string];
  const range = { from: `${from}::date`, to: `${to}::date`, zone };
  const sums = scope.kind === "rows"
    ? sumsOfRows(scope, interval, range)
    : interval === "hour"
    ? sumsOfHours(scope)
    : sumsOfDays(scope, interval, range);
  const rows = await ask<Row>(
    db,
    `
  with buckets as (${interval === "hour" ? hours(range) : days(interval, range)}
  ),
  sums as (${sums}
  )
  select
    b.starts_at, b.label, b.is_cut or b.ends_at > ${params.add(now)}::timestamptz as is_partial,
    coalesce(s.visitors, 0) as visitors, coalesce(s.sessions, 0) as sessions, coalesce(s.pageviews, 0) as pageviews,
    coalesce(s.events, 0) as events, coalesce(s.bounces, 0) as bounces, coalesce(s.viewed, 0) as viewed, coalesce(s.seconds, 0) as seconds,
    coalesce(s.engaged, 0) as engaged, coalesce(s.measured, 0) as measured
  from buckets b
  left join sums s using (bucket)
  order by b.starts_at`,
    params,
  );
  return rows.map(({ starts_at, label, is_partial, ...sums }) => ({
    start: starts_at,
    label,
    partial: is_partial,
    ...totalsOf(sums),
  }));
}

/** SQL for the days at both ends, and the site's time zone. */
type Range = Record<"from" | "to" | "zone", string>;

/** `bucket`, `starts_at`, `ends_at`, `label` and `is_cut` of each hour of the range: the bucket is the moment when it starts. */
function hours({ from, to, zone }: Range): string {
  return `
    select hour as bucket, hour as starts_at, least(hour + interval '1 hour', ends) as ends_at, false as is_cut,
      to_char(hour at time zone ${zone}, 'YYYY-MM-DD"T"HH24:MI') as label
    from (
      select day::timestamp at time zone ${zone} as starts, (day::date + 1)::timestamp at time zone ${zone} as ends
      from generate_series(${from}::timestamp, ${to}::timestamp, interval '1 day') as day
    ) days, generate_series(starts, ends - interval '1 second', interval '1 hour') as hour`;
}

/** The same of days, weeks or months, with the `first_day` and `last_day` of each: the bucket is the first day. */
function days(interval: Interval, { from, to, zone }: Range): string {
  return `
    select first_day as bucket, first_day::timestamp at time zone ${zone} as starts_at,
      (last_day + 1)::timestamp at time zone ${zone} as ends_at, first_day > step or last_day < next_step - 1 as is_cut,
      to_char(first_day::timestamp, 'YYYY-MM-DD') as label, first_day, last_day
    from (
      select ${firstDay("step", interval, from)} as first_day, step::date as step,
        least((step + interval '1 ${interval}')::date - 1, ${to}) as last_day, (step + interval '1 ${interval}')::date as next_step
      from generate_series(date_trunc('${interval}', ${from}::timestamp), ${to}::timestamp, interval '1 ${interval}') as step
    ) days`;
}

/** The first day, within the range, of the interval in which a day lies. */
function firstDay(day: string, interval: Interval, from: string): string {
  return `greatest(date_trunc('${interval}', ${day}::timestamp)::date, ${from})`;
}

/** Sessions by when they start. */
function sumsOfRows({ where }: ChosenRows, interval: Interval, { from, zone }: Range): string {
  const day = `(s.started_at at time zone ${zone})::date`;
  const bucket = interval === "hour"
    ? `date_bin('1 hour', s.started_at, ${day}::timestamp at time zone ${zone})`
    : firstDay(day, interval, from);
  return `
    select ${bucket} as bucket, count(distinct s.visitor) as visitors, ${ROW_SUMS} from session_rows s where ${where} group by 1`;
}

function sumsOfHours({ rolledUp, inRolledHours, site, openPeriods }: Days): string {
  return `
    select hour as bucket, visitors, ${SUM_COLUMNS}
    from hourly_site_metrics where ${rolledUp} or ${inRolledHours}
    union all
    select h.* from ${openPeriods} p cross join lateral hours_between(${site}, p.starts, p.ends) h`;
}

function sumsOfDays(scope: Days, interval: Interval, { from }: Range): string {
  const visitors = visitorCount({
    site: scope.site,
    from: "b.first_day",
    to: "b.last_day",
    openDays: "b.open_days",
  });
  return `
    select bucket, visitors, ${SUM_COLUMNS}
    from (
      select ${firstDay("day", interval, from)} as bucket, ${SUMS} from (${
    totalsOfDays(scope)
  }) days group by 1
    ) sums
    join (
      select b.bucket, (${visitors}) as visitors
      from (
        select *, array(select day from unnest(${scope.openDays}) as day where day between first_day and last_day) as open_days
        from buckets
        offset 0
      ) b
      offset 0 -- once a bucket, not once a pair of rows
    ) counted using (bucket)`;
}
