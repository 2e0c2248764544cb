import type { Queryable } from "../database.ts";
import type { DayRange, StatsQuery } from "./query.ts";

/** From a day on, the figures mean something else. */
export interface DefinitionChange {
  /** The site's own. */
  day: string;
  change: "bots";
}

/** The changes on the days of the range that make its figures differ from each other: sessions of before are still there. */
export async function definitionChanges(
  db: Queryable,
  { site, timezone }: Pick<StatsQuery, "site" | "timezone">,
  range: DayRange,
): Promise<DefinitionChange[]> {
  return await db.query<DefinitionChange & Record<string, unknown>>(
    `select day::text as day, change
     from (select change, changed_at, (changed_at at time zone $2)::date as day from definition_changes) c
     where day between $3::date and $4::date
       and exists (select from user_sessions u where u.site_id = $1 and u.session_start < c.changed_at)
       and not exists (select from sites s where s.site_id = $1 and s.count_bots and c.change = 'bots')
     order by changed_at`,
    [site, timezone, range.from, range.to],
  );
}
