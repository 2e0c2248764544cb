import { HTTPException } from "hono/http-exception";
import type { Queryable } from "../../db/database.ts";
import type { Period } from "../../db/stats/period.ts";
import type { Filter, StatsQuery } from "../../db/stats/query.ts";
import { findSite, type SiteDays } from "../../db/stats/sites.ts";
import { withCodes } from "./countries.ts";
import { readRange } from "./parameters.ts";

/** The site of this id. @throws {HTTPException} 404 where there is none */
export async function requireSite(db: Queryable, site: string): Promise<SiteDays> {
  const found = await findSite(db, site, new Date());
  if (found) return found;
  throw new HTTPException(404, {
    message: `There is no site ${site}: it was not added, and no event of it came`,
  });
}

/** What the parameters ask about the site. @throws {HTTPException | BadParameters} Where that cannot be answered */
export async function readQuestion(
  db: Queryable,
  site: string,
  parameters: { period?: Period; from?: string; to?: string; filter: Filter[] },
): Promise<StatsQuery> {
  const found = await requireSite(db, site);
  return {
    site,
    timezone: found.timezone,
    range: readRange(parameters, found),
    filters: withCodes(parameters.filter),
  };
}

/** What an answer begins with: what was asked. */
export function asked({ site, timezone, range, filters }: StatsQuery) {
  return { site, range: { ...range, timezone }, filters };
}
