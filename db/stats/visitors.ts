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
 * A visitor has exactly one rolled-up day in the range without an earlier one there, so `visitor_returns` adds up. Open days are counted
 * from rows, whatever was rolled up of them: visitors who were rolled up on open days only are subtracted, and visitors in the rows of
 * open days are added unless another day of the range has them.
 *
 * @param openDays SQL for the list of those days between them that are open, each once
 */
export function visitorCount(
  { site, from, to, openDays }: Record<"site" | "from" | "to" | "openDays", string>,
): string {
  // The first condition saves the search where all days are open.
  const onOtherDays = `${to} - ${from} >= cardinality(${openDays}) and d.site_id = ${site}
        and d.day between ${from} and ${to} and d.day <> all(${openDays})`;
  return `
    select coalesce((
      select sum(visitors) from visitor_returns
      where site_id = ${site} and day between ${from} and ${to} and (previous_day is null or previous_day < ${from})
    ), 0) + case when ${openDays} = '{}' then 0 else (
      -- One look-up of the list is four times as fast as one of each visitor.
      with open as materialized (
        select coalesce(array_agg(distinct visitor), '{}') as visitors from visitors_of_days(${site}, ${openDays})
      )
      select cardinality(open.visitors) - (
        select count(distinct d.visitor) from visitor_days d where d.visitor = any(open.visitors) and ${onOtherDays}
      )
      from open
    ) - (
      select count(distinct v.visitor)
      from visitor_days v
      where v.site_id = ${site} and v.day = any(${openDays})
        and not exists (select from visitor_days d where d.visitor = v.visitor and ${onOtherDays})
    ) end`;
}
