import { createHmac } from "node:crypto";
import { LRUCache } from "lru-cache";

export interface VisitorIds {
  visitorId: string;
  sessionId: string;
}

/** Returns the secret of a date, `YYYY-MM-DD`; every process of an installation gets the same. */
export type DailySalt = (day: string) => Promise<string>;

const IDLE_MS = 30 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

/**
 * Visitors and sessions where the client sends none: without a cookie, and without anything stored that leads back.
 *
 * A visitor is a hash of address, user agent and site under a random salt that lives for a day (the way of Plausible
 * and GoatCounter), so nobody can be followed from one day to the next, nor from one site to another. The day is the site's, by
 * its time zone, as it is in all figures: at a UTC midnight in the middle of it every visitor would begin to count again. Sites
 * of several zones share the salt of a date, which makes no visitor of one known to another, as the site is part of the hash. A session goes
 * on while its visitor is seen within 30 minutes; its id derives from the half hour it began in, so that processes
 * which share nothing else agree on it. A visit that crosses midnight keeps yesterday's ids. Both begin with their time,
 * so that the latest lie together in an index, as the tracker's own do.
 */
export class VisitorDirectory {
  // 200,000 visits of about 150 bytes; the least recently seen goes first.
  readonly #visits = new LRUCache<string, { startedAt: number; seenAt: number }>({ max: 200_000 });

  constructor(readonly dailySalt: DailySalt) {}

  /** @param timezone of the site, an IANA name */
  async identify(
    siteId: string,
    address: string | undefined,
    userAgent: string,
    at: Date,
    timezone = "UTC",
  ): Promise<VisitorIds> {
    const now = at.getTime();
    const day = localDay(at, timezone);
    const today = await this.#visitor(siteId, address, userAgent, day);
    if (!this.#visits.has(today)) {
      const yesterday = await this.#visitor(siteId, address, userAgent, dayBefore(day));
      if (this.#isActive(yesterday, now)) return this.#visit(yesterday, now);
    }
    return this.#visit(today, now);
  }

  #isActive(visitor: string, now: number): boolean {
    const visit = this.#visits.get(visitor);
    return visit !== undefined && now - visit.seenAt < IDLE_MS;
  }

  #visit(visitor: string, now: number): VisitorIds {
    const startedAt = this.#isActive(visitor, now)
      ? this.#visits.get(visitor)!.startedAt
      : now - now % IDLE_MS;
    this.#visits.set(visitor, { startedAt, seenAt: now });
    return { visitorId: `vis_${visitor}`, sessionId: `sess_${(startedAt / 1000).toString(36)}_${visitor}` };
  }

  async #visitor(
    siteId: string,
    address: string | undefined,
    userAgent: string,
    day: string,
  ): Promise<string> {
    const hash = createHmac("sha256", await this.dailySalt(day))
      .update(JSON.stringify([siteId, address ?? "", userAgent])).digest("base64url").slice(0, 22);
    return `${day.replaceAll("-", "")}_${hash}`;
  }
}

// Wherever the clocks are, a day begins at a full quarter of an hour.
const QUARTER_MS = 15 * 60_000;
const DAYS = new Map<string, { quarter: number; day: string }>();

/** The date in the time zone, `YYYY-MM-DD`; remembered for each zone, as to format it takes longer than all else here. */
function localDay(at: Date, timezone: string): string {
  const quarter = Math.floor(at.getTime() / QUARTER_MS);
  const known = DAYS.get(timezone);
  if (known?.quarter === quarter) return known.day;
  const day = formatDay(at, timezone);
  DAYS.set(timezone, { quarter, day });
  return day;
}

function formatDay(at: Date, timezone: string): string {
  try {
    // Swedish dates are those of ISO 8601.
    return new Intl.DateTimeFormat("sv-SE", { timeZone: timezone }).format(at);
  } catch {
    // Postgres knows some zones that the runtime does not. An event must not be lost over that.
    return at.toISOString().slice(0, 10);
  }
}

function dayBefore(day: string): string {
  return new Date(Date.parse(day) - DAY_MS).toISOString().slice(0, 10);
}
