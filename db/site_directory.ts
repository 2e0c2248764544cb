import type { Availability } from "./availability.ts";
import { type Asked, type Database, DatabaseUnavailable, type Queryable } from "./database.ts";
import type { Spool } from "./spool.ts";
import { requireTimeZone } from "./time_zones.ts";

/** A row of `sites`. */
export interface Site {
  siteId: string;
  /** Hosts whose pages may post, and whose referrers are internal; empty: any. */
  domains: string[];
  timezone: string;
  /** Null: as the server is set. */
  ipMode: "full" | "truncate" | "none" | null;
  /** How long its raw events stay; null: as the server is set. */
  retentionDays: number | null;
  /** Names of form fields and parameters that are redacted, beside those that are everywhere. */
  redactNames: string[];
  /** Pages whose events are dropped; `*` stands for any characters. */
  excludePaths: string[];
  /** Networks whose visitors' events are dropped, in CIDR notation. */
  excludeNetworks: string[];
  /** Whether what bots send counts like what people do. */
  countBots: boolean;
  /** Whether a path keeps the slash at its end. */
  trailingSlash: "keep" | "drop";
  /** Whether a path keeps `index.html` at its end. */
  indexHtml: "keep" | "drop";
  /** Parameters of the query that are part of the path, in this order. */
  pageParameters: string[];
}

// Of each field its column.
const COLUMNS: Record<keyof Site, string> = {
  siteId: "site_id",
  domains: "domains",
  timezone: "timezone",
  ipMode: "ip_mode",
  retentionDays: "retention_days",
  redactNames: "redact_names",
  excludePaths: "exclude_paths",
  excludeNetworks: "exclude_networks",
  countBots: "count_bots",
  trailingSlash: "trailing_slash",
  indexHtml: "index_html",
  pageParameters: "page_parameters",
};

const UNSET: Site = {
  siteId: "",
  domains: [],
  timezone: "UTC",
  ipMode: null,
  retentionDays: null,
  redactNames: [],
  excludePaths: [],
  excludeNetworks: [],
  countBots: false,
  trailingSlash: "keep",
  indexHtml: "keep",
  pageParameters: [],
};

// A site that was added or changed is known everywhere after this time …
const FRESH_MS = 30_000;
// … and a site that nobody knows yet is looked for at most this often.
const RETRY_MS = 1_000;

const NOTE = "sites";
// Longest time that an event waits to learn about its site.
const PATIENCE_MS = 2_000;

/** The registered sites, remembered: collection does not ask the database about each event. */
export class SiteDirectory {
  readonly #db: Database;
  readonly #availability: Availability;
  readonly #spool: Spool | undefined;
  #sites = new Map<string, Site>();
  #areKnown = false;
  #loadedAt = -Infinity;
  #loading: Promise<void> | undefined;

  /** @param spool remembers the sites for a process that starts while the database is away */
  constructor(db: Database, availability: Availability, spool?: Spool) {
    this.#db = db;
    this.#availability = availability;
    this.#spool = spool;
    // An older version may have noted them, without what was not there yet.
    const noted = spool?.noted(NOTE) as Partial<Site>[] | undefined;
    if (noted) this.#know(noted.map((site) => ({ ...UNSET, ...site })));
  }

  /**
   * The site, or undefined where it was never added. While the database is away, what was known stays known.
   *
   * @throws {DatabaseUnavailable} If the sites were never read, nor noted in the spool
   */
  async find(siteId: string): Promise<Site | undefined> {
    const age = performance.now() - this.#loadedAt;
    if (age > (this.#sites.has(siteId) ? FRESH_MS : RETRY_MS)) await this.#reload();
    return this.#sites.get(siteId);
  }

  async #reload(): Promise<void> {
    try {
      if (!this.#availability.absence) await (this.#loading ??= this.#load());
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      this.#availability.lost(error);
    } finally {
      this.#loading = undefined;
    }
    if (!this.#areKnown) throw new DatabaseUnavailable("The sites could not be read yet");
  }

  async #load(): Promise<void> {
    const sites = await listSites(this.#db, PATIENCE_MS);
    const isNews = !this.#areKnown || JSON.stringify(sites) !== JSON.stringify([...this.#sites.values()]);
    this.#know(sites);
    this.#loadedAt = performance.now();
    if (isNews) this.#spool?.note(NOTE, sites);
  }

  #know(sites: Site[]): void {
    this.#sites = new Map(sites.map((site) => [site.siteId, site]));
    this.#areKnown = true;
  }
}

/** Every registered site, by id. @param timeout in milliseconds */
export async function listSites(db: Asked, timeout?: number): Promise<Site[]> {
  const columns = Object.entries(COLUMNS).map(([field, column]) => `${column} as "${field}"`);
  return await db.query<Site & Record<string, unknown>>(
    `select ${columns.join(", ")} from sites order by site_id`,
    [],
    { timeout },
  );
}

/** Whether the text can be a site's id: 1 to 100 characters, no blanks, nothing that Postgres cannot hold. */
export function isSiteId(text: string): boolean {
  return /^[^\s\p{Cc}\p{Cs}]{1,100}$/u.test(text);
}

// Addresses below /dashboard that belong to no site.
const PAGES = ["sites", "sign-in", "sign-out"];

/**
 * Why no site of this id can be added, and what would be right; undefined where one can. The pages of a site have its id
 * in their address, and browsers and proxies change some. Events of a site that is there are accepted all the same.
 */
export function newSiteIdProblem(id: string): string | undefined {
  if (!isSiteId(id)) return "give 1 to 100 characters without blanks";
  const mark = /[/\\?#%]/.exec(id)?.[0];
  if (mark !== undefined) return `give an id without ${mark}, which means something else in a URL`;
  if (id === "." || id === "..") return "give a name such as example-com: browsers take dots out of a URL";
  if (PAGES.includes(id)) return "this id is taken by a page of the dashboard";
  return undefined;
}

/** A change of a site: what is undefined stays as it is. */
export type SiteChange = Partial<Site> & {
  siteId: string;
  /** True changes a site, false adds one; undefined does what is possible. */
  mustExist?: boolean;
  /** Hosts that join the domains of a site that is there. */
  addDomains?: string[];
  /** Hosts that leave them. */
  removeDomains?: string[];
};

/** What was done, or why nothing was: `any-domain` and `last-domain` say that pages of any host may post, or could then. */
export type SaveOutcome =
  | "added"
  | "changed"
  | "missing"
  | "exists"
  | "any-domain"
  | "last-domain"
  | "not-listed"
  | "too-many";

/** Most hosts that a site lists: each event's origin is compared with all of them. */
export const MAX_DOMAINS = 100;

/**
 * Adds a site, or changes it. With a new timezone its days are others, so all of them are marked to be rolled up again.
 *
 * @throws {DataError} If the timezone is none, as {@linkcode requireTimeZone} says
 */
export async function saveSite(db: Database, change: SiteChange): Promise<SaveOutcome> {
  return await db.transaction(async (tx) => {
    if (change.timezone !== undefined) await requireTimeZone(tx, change.timezone);
    const [before] = await tx.query<{ timezone: string; domains: string[] }>(
      "select timezone, domains from sites where site_id = $1 for update",
      [change.siteId],
    );
    if (!before && change.mustExist) return "missing";
    if (before && change.mustExist === false) return "exists";
    const domains = changedDomains(before?.domains ?? [], change);
    if (typeof domains === "string") return domains;
    if (!before) {
      const inserted = await tx.query(
        "insert into sites (site_id) values ($1) on conflict (site_id) do nothing returning site_id",
        [change.siteId],
      );
      // Somebody else has added it a moment ago.
      if (inserted.length === 0 && change.mustExist === false) return "exists";
    }
    const site: Partial<Site> = { ...change, domains };
    const fields = (Object.keys(COLUMNS) as (keyof Site)[]).filter((field) => site[field] !== undefined);
    await tx.query(
      `update sites set ${
        fields.map((field, index) => `${COLUMNS[field]} = $${index + 1}`).join(", ")
      } where site_id = $${fields.length + 1}`,
      [...fields.map((field) => site[field]), change.siteId],
    );
    // The id may have been in use before, with its days rolled up in an unknown time zone.
    if (!before || change.timezone !== undefined && change.timezone !== before.timezone) {
      await markAllDays(tx, change.siteId);
    }
    return before ? "changed" : "added";
  });
}

/** The domains that the change leads to, undefined if it leaves them; or why it cannot be made. */
function changedDomains(
  before: string[],
  { domains, addDomains = [], removeDomains = [] }: SiteChange,
): string[] | undefined | SaveOutcome {
  if (addDomains.length === 0 && removeDomains.length === 0) return domains;
  // No domain stands for any: one that joined would shut out all others, and without the last one all could post.
  if (before.length === 0) return "any-domain";
  if (removeDomains.some((domain) => !before.includes(domain))) return "not-listed";
  const after = [...new Set([...before, ...addDomains])].filter((domain) => !removeDomains.includes(domain));
  if (after.length === 0) return "last-domain";
  return after.length > MAX_DOMAINS ? "too-many" : after;
}

/** Its days begin and end at other times now: those beside them may have rows, too. */
async function markAllDays(tx: Queryable, siteId: string): Promise<void> {
  await tx.query(`${MARK_DAYS} where m.site_id = $1`, [siteId]);
}

/** Marks all days of sites `m` to be rolled up again, and the days beside them; a condition follows. */
export const MARK_DAYS = `insert into stale_days (site_id, metric_date, marked_at)
     select distinct m.site_id, m.metric_date + shift, now()
     from (select site_id, metric_date from daily_site_metrics union select site_id, metric_date from stale_days) m
     cross join generate_series(-1, 1) as shift`;
