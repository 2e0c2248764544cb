import { createHmac } from "node:crypto";
import { LRUCache } from "lru-cache";

export interface VisitorIds {
  visitorId: string;
  sessionId: string;
}

/** Answers the secret of a UTC day, `YYYY-MM-DD`; every process of an installation gets the same. */
export type DailySalt = (day: string) => Promise<string>;

const IDLE_MS = 30 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

/**
 * Visitors and sessions where the client sends none: without a cookie, and without anything stored that leads back.
 *
 * A visitor is a hash of address, user agent and site under a random salt that lives for a day (the way of Plausible
 * and GoatCounter), so nobody can be followed from one day to the next, nor from one site to another. A session goes
 * on while its visitor is seen within 30 minutes; its id derives from the half hour it began in, so that processes
 * which share nothing else agree on it. A visit that crosses midnight keeps yesterday's ids. Both begin with their time,
 * so that the latest lie together in an index, as the tracker's own do.
 */
export class VisitorDirectory {
  // 200,000 visits of about 150 bytes; the least recently seen goes first.
  readonly #visits = new LRUCache<string, { startedAt: number; seenAt: number }>({ max: 200_000 });

  constructor(readonly dailySalt: DailySalt) {}

  async identify(
    siteId: string,
    address: string | undefined,
    userAgent: string,
    at: Date,
  ): Promise<VisitorIds> {
    const now = at.getTime();
    const today = await this.#visitor(siteId, address, userAgent, now);
    if (!this.#visits.has(today)) {
      const yesterday = await this.#visitor(siteId, address, userAgent, now - DAY_MS);
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
    at: number,
  ): Promise<string> {
    const day = new Date(at).toISOString().slice(0, 10);
    const hash = createHmac("sha256", await this.dailySalt(day))
      .update(JSON.stringify([siteId, address ?? "", userAgent])).digest("base64url").slice(0, 22);
    return `${day.replaceAll("-", "")}_${hash}`;
  }
}
