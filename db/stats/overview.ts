import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { ask, type Days, type Scope, scopeOf } from "./scope.ts";
import { ROW_SUMS, SUM_COLUMNS, SUMS, type Sums, type Totals, totalsOf } from "./totals.ts";
import { visitorsOfRange } from "./visitors.ts";

/** The figures of the whole range. */
export async function overview(db: Database, query: StatsQuery): Promise<Totals> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  const [sums] = await ask<Sums>(
    db,
    scope.kind === "rows"
      ? `select count(distinct s.visitor) as visitors, ${ROW_SUMS} from session_rows s where ${scope.where}`
      : `
  select (${visitorsOfRange(query, scope, params)}) as visitors, ${SUMS}
  from (${totalsOfDays(scope)}) days`,
    params,
  );
  return totalsOf(sums!);
}

/** SQL for the sums of the range without visitors, which are the slowest to count: rows to be added up. */
export function totalsWithoutVisitors(scope: Scope): string {
  return scope.kind === "rows"
    ? `select ${ROW_SUMS} from session_rows s where ${scope.where}`
    : totalsOfDays(scope);
}

/** One row for each hour that is rolled up and each period that is not: `day`, and the columns of {@linkcode Sums} but the visitors. */
export function totalsOfDays({ rolledUp, inRolledHours, site, openPeriods }: Days): string {
  return `
    select day, ${SUM_COLUMNS} from hourly_site_metrics where ${rolledUp} or ${inRolledHours}
    union all
    select p.day, t.* from ${openPeriods} p cross join lateral totals_between(${site}, p.starts, p.ends) t`;
}
