import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { ask, type ChosenRows, type Days, scopeOf } from "./scope.ts";

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
 *
 * A day that was rolled up and has changed since counts as it was, until it is rolled up again.
 */
export async function retention(db: Database, query: StatsQuery): Promise<Cohort[]> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  const [from, to] = [query.range.from, query.range.to].map((day) => `${params.add(day)}::date`) as [
    string,
    string,
  ];
  const rows = await ask<Row>(
    db,
    `
  with weeks as (
    select week::date as week, (date_trunc('week', ${to}::timestamp)::date - week::date) / 7 + 1 as weeks
    from generate_series(date_trunc('week', ${from}::timestamp), ${to}::timestamp, interval '1 week') as week
  ),
  counted as (${
      scope.kind === "rows"
        ? visitsOfRows(scope, params.add(query.site), params.add(query.timezone), from, to)
        : visitsOfDays(scope, from, to)
    }
  )
  select w.week, w.weeks,
    coalesce((select sum(c.visitors) from counted c where c.week = w.week and c.visit_week is null), 0) as visitors,
    (select jsonb_object_agg(later, visitors)
     from (
       select (c.visit_week - w.week) / 7 as later, sum(c.visitors) as visitors
       from counted c where c.week = w.week and c.visit_week is not null group by 1
     ) weekly) as returned
  from weeks w
  order by w.week`,
    params,
  );
  return rows.map(({ week, visitors, weeks, returned }) => ({
    week,
    visitors,
    returned: Array.from({ length: weeks }, (_, i) => returned?.[i] ?? 0),
  }));
}

const weekOf = (day: string) => `date_trunc('week', ${day}::timestamp)::date`;

/**
 * `visitors` by the `week` of their first day and the `visit_week`, which is null for those whose first day itself lies in the range.
 * What is rolled up has a visitor once a week, on the first day of theirs in it; open days add those who have none in that week.
 */
function visitsOfDays({ inRange, site, openDays }: Days, from: string, to: string): string {
  return `
    select ${weekOf("first_day")} as week, case when place = 1 then ${
    weekOf("day")
  } end as visit_week, sum(visitors) as visitors
    from (
      select day, first_day, visitors
      from visitor_cohorts
      where ${inRange} and first_day >= ${from}
      union all
      select min(v.day), coalesce(d.first_day, min(v.day)), 1
      from (select distinct day, visitor from visitors_of_days(${site}, ${openDays})) v
      left join lateral (
        select d.first_day from visitor_days d where d.site_id = ${site} and d.visitor = v.visitor order by d.day limit 1
      ) d on true
      where coalesce(d.first_day, v.day) >= ${from} and not exists (
        select from visitor_days w
        where w.site_id = ${site} and w.visitor = v.visitor and w.day between greatest(${
    weekOf("v.day")
  }, ${from})
          and least(${weekOf("v.day")} + 6, ${to})
      )
      group by v.visitor, ${weekOf("v.day")}, d.first_day
    ) visits
    cross join lateral (select 1 as place union all select 2 where day = first_day) places
    group by 1, 2`;
}

/**
 * The same for sessions that match. A visitor whose first day is a rolled-up day of the range has a row there without a previous day;
 * only the other visitors are looked up.
 */
function visitsOfRows({ where }: ChosenRows, site: string, zone: string, from: string, to: string): string {
  const firstDay = "coalesce(d.day, o.first_day, v.day)";
  return `
    select week, visit_week, count(distinct visitor) as visitors
    from (
      select v.visitor, ${weekOf(firstDay)} as week, ${weekOf("v.day")} as visit_week
      from (select s.visitor, (s.started_at at time zone ${zone})::date as day from session_rows s where ${where}) v
      left join visitor_days d
        on d.site_id = ${site} and d.visitor = v.visitor and d.day between ${from} and ${to} and d.previous_day is null
      left join lateral (
        select o.first_day from visitor_days o where d.day is null and o.site_id = ${site} and o.visitor = v.visitor order by o.day limit 1
      ) o on true
      where ${firstDay} >= ${from}
    ) visits
    group by grouping sets ((week, visit_week), (week))`;
}
