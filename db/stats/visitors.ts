/** How many different visitors came on some days, without telling apart those of days that are rolled up. */
import type { Params, StatsQuery } from "./query.ts";
import type { Days } from "./scope.ts";

/** SQL for the number of visitors of the range: a scalar. */
export function visitorsOfRange(
  { range }: Pick<StatsQuery, "range">,
  { site, openDays }: Days,
  params: Params,
): string {
  return visitorCount({
    site,
    from: `${params.add(range.from)}::date`,
    to: `${params.add(range.to)}::date`,
    openDays,
  });
}

/**
 * SQL for the number of visitors from one day to another, exact whatever is rolled up.
 *
 * A visitor has exactly one rolled-up day in the range without an earlier one there, so `visitor_returns` adds up. Visitors who came
 * on open days only are added. An open day may have been rolled up before it changed: visitors counted there who no longer appear
 * in the range are subtracted.
 *
 * @param openDays SQL for the list of those days between them that are open
 */
export function visitorCount(
  { site, from, to, openDays }: Record<"site" | "from" | "to" | "openDays", string>,
): string {
  const known = (condition: string) => `
      select from visitor_days d
      where d.site_id = ${site} and d.visitor = v.visitor and d.day between ${from} and ${to}${condition}`;
  return `
    select coalesce((
      select sum(visitors) from visitor_returns
      where site_id = ${site} and day between ${from} and ${to} and (previous_day is null or previous_day < ${from})
    ), 0) + case when ${openDays} = '{}' then 0 else (
      select count(*)
      from (select distinct visitor from visitors_of_days(${site}, ${openDays})) v
      where not exists (${known("")})
    ) - (
      select count(*)
      from (select distinct d.visitor from visitor_days d where d.site_id = ${site} and d.day = any(${openDays})) v
      where not exists (${known(` and d.day <> all(${openDays})`)})
        and v.visitor not in (select visitor from visitors_of_days(${site}, ${openDays}))
    ) end`;
}
