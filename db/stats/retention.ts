import type { Database } from "../database.ts";
import { isSelective, Params, type StatsQuery } from "./query.ts";
import { askEach, filterParts } from "./halves.ts";
import { askRows, chosenSegments, chosenSessions } from "./segments.ts";

/** The visitors whose first visit ever lies in one week of the range. */
export interface Cohort {
  /** The week's Monday, `YYYY-MM-DD`. */
  week: string;
  visitors: number;
  /** How many of them came in that week, in the next one, …, up to that of the range's end. */
  returned: number[];
}

type Row = { week: string; visitors: number; weeks: number; returned: Record<string, number> | null };

/**
 * Who comes again: a cohort a week of the range, the earliest first, empty ones included. With filters a visit is a session that
 * matches; the first visit of all says to which cohort a visitor belongs.
 */
export async function retention(db: Database, query: StatsQuery): Promise<Cohort[]> {
  const [cohorts, ...others] = await askEach(await filterParts(db, query), (part) => cohortsOf(db, part));
  return others.reduce((sums, part) => sums.map((cohort, i) => together(cohort, part[i]!)), cohorts!);
}

function together({ week, visitors, returned }: Cohort, other: Cohort): Cohort {
  return {
    week,
    visitors: visitors + other.visitors,
    returned: returned.map((count, i) => count + other.returned[i]!),
  };
}

async function cohortsOf(db: Database, query: StatsQuery): Promise<Cohort[]> {
  const params = new Params();
  const [from, to] = [query.range.from, query.range.to].map((day) => params.add(day));
  const sql = `
  with weeks as (
    select week::date as week, (date_trunc('week', ${to}::timestamp)::date - week::date) / 7 + 1 as weeks
    from generate_series(date_trunc('week', ${from}::timestamp), ${to}::timestamp, interval '1 week') as week
  ),
  counted as (${isSelective(query) ? chosenVisits(query, params) : everyVisit(query, params)}
  )
  select w.week, w.weeks,
    coalesce((select c.visitors from counted c where c.week = w.week and c.visit_week is null), 0) as visitors,
    (select jsonb_object_agg((c.visit_week - w.week) / 7, c.visitors) from counted c where c.week = w.week and c.visit_week is not null) as returned
  from weeks w
  order by w.week`;
  const rows = await askRows<Row>(db, query, sql, params);
  return rows.map(({ week, visitors, weeks, returned }) => ({
    week,
    visitors,
    returned: Array.from({ length: weeks }, (_, i) => returned?.[i] ?? 0),
  }));
}

/** The first day of all is the first one of its week, too. */
function everyVisit({ site, range }: StatsQuery, params: Params): string {
  const [siteId, from, to] = [site, range.from, range.to].map((value) => params.add(value));
  return `
    select date '0001-01-01' + cohort * 7 as week, date '0001-01-01' + visit.number * 7 as visit_week, sum(visitors) as visitors
    from (
      -- Weeks are numbered; the first year began on a Monday.
      select (first_day - date '0001-01-01') / 7 as cohort, (day - date '0001-01-01') / 7 as number, day = first_day as is_first,
        sum(visitors) as visitors
      from visitor_cohorts
      where site_id = ${siteId} and day between ${from}::date and ${to}::date and first_day >= ${from}::date
      group by 1, 2, 3
    ) weeks
    cross join lateral (select number union all select null where is_first) as visit(number)
    group by 1, 2`;
}

/** Visitors are told apart within a week and a cohort: many small sorts of numbers take less than one large hash. */
function chosenVisits(query: StatsQuery, params: Params): string {
  const from = params.add(query.range.from);
  return `
    with ${chosenSegments(query, params)},
    visits as (
      select (first_day - date '0001-01-01') / 7 as week, (day - date '0001-01-01') / 7 as visit_week, visitor
      from (${chosenSessions(query, ["visitors", "first_days"], params)}
      ) s
      where first_day >= ${from}::date
    )
    select date '0001-01-01' + week * 7 as week, date '0001-01-01' + visit_week * 7 as visit_week, count(distinct visitor) as visitors
    from visits
    group by grouping sets ((week, visit_week), (week))`;
}
