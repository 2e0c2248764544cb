import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Database } from "../../db/database.ts";
import type { Period } from "../../db/stats/period.ts";
import type { StatsQuery } from "../../db/stats/query.ts";
import { comparedStretch, type Stretch, stretchDays } from "../../db/stats/stretch.ts";
import { findSite, knownSites, missingBefore, type SiteDays } from "../../db/stats/sites.ts";
import { Address } from "../../web/dashboard/address.ts";
import { formatDate, formatRange } from "../../web/dashboard/format.ts";
import { FILTER_FIELDS } from "../../web/dashboard/filters.tsx";
import { PANEL_KEYS } from "../../web/dashboard/panels.ts";
import type { SiteContext, Viewer } from "../../web/dashboard/site_frame.tsx";
import { BadParameters, COMPARE, FILTERS, parseFilter, RANGE, readRange } from "../stats/parameters.ts";
import { withCodes } from "../stats/countries.ts";
import { withHostSpellings } from "../stats/hosts.ts";
import { requireSite } from "../stats/question.ts";

/** One look at a page of a site: what is asked, and what every such page knows. */
export interface Visit {
  c: Context;
  db: Database;
  site: SiteDays;
  context: SiteContext;
  query: StatsQuery;
  /** What that is compared with; null where it is with nothing. */
  compared: Stretch | null;
  now: Date;
  /** Where a browser sees this host. */
  origin: string;
}

const PARAMETERS = z.object({ ...RANGE, ...FILTERS, compare: COMPARE.default("previous") });

// What else a page of ours understands; all else in a URL is dropped from its links.
const OTHERS = ["figure", "interval", ...PANEL_KEYS, "search", "page", "step", "by", "path", "name"];

/** What a page is asked for, beside its parameters. */
export interface Asked {
  /** Of the site. */
  id: string;
  /** As in {@linkcode Address}. */
  view: string;
  viewer: Viewer;
  /** Where none is asked for. */
  usualPeriod: Period;
  /** Whether any site is accepted: then one that nobody knows yet is empty. */
  openRegistration: boolean;
  /** Where a browser sees this host. */
  origin: string;
  /** The path, where a page of somebody else shows it. */
  embeddedAt?: string;
}

/**
 * Reads what a page is asked for.
 *
 * @throws {BadParameters | HTTPException} Where that cannot be answered
 */
export async function readVisit(
  c: Context,
  db: Database,
  { id, view, viewer, usualPeriod, openRegistration, origin, embeddedAt }: Asked,
): Promise<Visit> {
  const now = new Date();
  const [site, sites] = await Promise.all([
    openRegistration ? siteOf(db, id, now) : requireSite(db, id),
    viewer.isAdmin ? knownSites(db).then((all) => all.map(({ site }) => site)) : [id],
  ]);
  const url = new URL(c.req.url);
  const asked = PARAMETERS.safeParse(parametersOf(url.searchParams));
  if (!asked.success) {
    throw new BadParameters(
      asked.error.issues.map(({ path, message }) => ({ path: path.join("."), message })),
    );
  }
  const { from, to, compare, filter } = asked.data;
  const period = asked.data.period ?? (from === undefined && to === undefined ? usualPeriod : undefined);
  const range = readRange({ period, from, to }, site);
  const query: StatsQuery = {
    site: id,
    timezone: site.timezone,
    range,
    filters: withHostSpellings(withCodes(filter)),
  };
  const compared = comparedStretch(query, compare, now, { period });
  const address = new Address(id, view, knownParameters(url.searchParams), {
    filters: filter,
    period: period ?? null,
    compare,
    embeddedAt,
  });
  return {
    c,
    db,
    site,
    query,
    compared,
    context: {
      address,
      range,
      compared: compared && comparedText(compared, site),
      missingBefore: missingText(missingBefore(site, (compared ? stretchDays(compared) : range).from), site),
      timezone: site.timezone,
      today: site.today,
      viewer,
      sites,
    },
    now,
    origin,
  };
}

/** What is compared, in words: `10–16 Nov 2026`, `yesterday until 14:23`. */
function comparedText(stretch: Stretch, { today, timezone }: SiteDays): string {
  const days = stretchDays(stretch);
  if (stretch.until === null) return formatRange(days);
  const yesterday = Temporal.PlainDate.from(today).subtract({ days: 1 }).toString();
  const isYesterday = days.from === days.to && days.to === yesterday;
  const clock = Temporal.Instant.fromEpochMilliseconds(stretch.until.at.getTime())
    .toZonedDateTimeISO(timezone).toPlainTime().toString({ smallestUnit: "minute" });
  return `${isYesterday ? "yesterday" : formatRange(days)} until ${clock}`;
}

/** The moment on the site's clock: `12 Nov 2026 14:23`. */
function missingText(moment: Date | null, { timezone }: SiteDays): string | null {
  if (moment === null) return null;
  const local = Temporal.Instant.fromEpochMilliseconds(moment.getTime()).toZonedDateTimeISO(timezone);
  return `${formatDate(local.toPlainDate().toString())} ${
    local.toPlainTime().toString({ smallestUnit: "minute" })
  }`;
}

async function siteOf(db: Database, id: string, now: Date): Promise<SiteDays> {
  const found = await findSite(db, id, now);
  const unknown = {
    site: id,
    domains: [],
    timezone: "UTC",
    registered: false,
    firstDay: null,
    incompleteBefore: null,
  };
  return found ?? { ...unknown, today: now.toISOString().slice(0, 10) };
}

/** Where the form that adds a filter leads: the same page with that filter; null where it was not sent. @throws {BadParameters} */
export function withAddedFilter(visit: Visit): string | null {
  const sent = visit.c.req.query();
  const { [FILTER_FIELDS.dimension]: dimension, [FILTER_FIELDS.operator]: operator } = sent;
  if (dimension === undefined || operator === undefined) return null;
  const value = (sent[FILTER_FIELDS.value] ?? "").trim().replace(/[\\|]/g, "\\$&");
  const filter = parseFilter(`${dimension}:${operator}:${value}`);
  if (typeof filter === "string") throw new BadParameters([{ path: "filter", message: filter }]);
  return visit.context.address.withFilter(filter);
}

/** Several of one name as a list, but for those that may be given once: of these the last counts. */
function parametersOf(params: URLSearchParams): Record<string, string | string[]> {
  const given: Record<string, string | string[]> = {};
  for (const [name, value] of params) {
    // An emptied field of a form is none.
    if (name === "filter") given.filter = params.getAll("filter");
    else if (value !== "") given[name] = value;
  }
  return given;
}

function knownParameters(params: URLSearchParams): URLSearchParams {
  const known = [...Object.keys(PARAMETERS.shape), ...OTHERS];
  return new URLSearchParams([...params].filter(([name, value]) => known.includes(name) && value !== ""));
}
