import { HTTPException } from "hono/http-exception";
import type { Queryable } from "../../db/database.ts";
import type { Period } from "../../db/stats/period.ts";
import type { Filter, StatsQuery } from "../../db/stats/query.ts";
import { findSite, missingBefore, type SiteDays } from "../../db/stats/sites.ts";
import { type Stretch, stretchDays } from "../../db/stats/stretch.ts";
import { withCodes } from "./countries.ts";
import { withHostSpellings } from "./hosts.ts";
import { readRange } from "./parameters.ts";
import { isolated } from "../../web/dashboard/bidi.tsx";

/** The site of this id. @throws {HTTPException} 404 where there is none */
export async function requireSite(db: Queryable, site: string): Promise<SiteDays> {
  const found = await findSite(db, site, new Date());
  if (found) return found;
  throw new HTTPException(404, {
    message: `There is no site ${isolated(site)}: it was not added, and no event of it came`,
  });
}

/** A question, and what the site cannot tell yet. */
export type Question = StatsQuery & Pick<SiteDays, "incompleteBefore">;

/** What the parameters ask about the site. @throws {HTTPException | BadParameters} Where that cannot be answered */
export async function readQuestion(
  db: Queryable,
  site: string,
  parameters: { period?: Period; from?: string; to?: string; filter: Filter[] },
): Promise<Question> {
  const found = await requireSite(db, site);
  return {
    site,
    timezone: found.timezone,
    range: readRange(parameters, found),
    filters: withHostSpellings(withCodes(parameters.filter)),
    incompleteBefore: found.incompleteBefore,
  };
}

/** What an answer begins with: what was asked, and how much of it is not there yet. @param compared what it is compared with */
export function asked(question: Question, compared?: Stretch | null) {
  const { site, timezone, range, filters } = question;
  const missing = missingBefore(question, compared ? stretchDays(compared).from : range.from);
  return {
    site,
    range: { ...range, timezone },
    filters,
    ...(missing && { incompleteBefore: missing.toISOString() }),
  };
}
