import type { Database } from "../database.ts";
import { isSelective, Params, type StatsQuery } from "./query.ts";
import { askRows, chosenSegments } from "./segments.ts";
import { chosenTotals } from "./sums.ts";
import { PART_SUMS, type Sums, type Totals, totalsOf } from "./totals.ts";

/** The figures of the whole range. */
export async function overview(db: Database, query: StatsQuery): Promise<Totals> {
  const params = new Params();
  const sql = isSelective(query) ? ofChosen(query, params) : ofEverything(query, params);
  const [sums] = await askRows<Sums>(db, query, sql, params);
  return totalsOf(sums!);
}

function ofChosen(query: StatsQuery, params: Params): string {
  return `
  with ${chosenSegments(query, params)}
  ${chosenTotals(query, params)}`;
}

/** Hours add up; visitors are counted on the one day of theirs that has no other before it in the range. */
function ofEverything({ site, range }: StatsQuery, params: Params): string {
  const [siteId, from, to] = [site, range.from, range.to].map((value) => params.add(value));
  return `
  select v.visitors, h.*
  from (
    select coalesce(sum(visitors), 0) as visitors
    from visitor_returns
    where site_id = ${siteId} and day between ${from}::date and ${to}::date
      and (previous_day is null or previous_day < ${from}::date)
  ) v, (
    select ${PART_SUMS}
    from hourly_site_metrics
    where site_id = ${siteId} and day between ${from}::date and ${to}::date
  ) h`;
}
