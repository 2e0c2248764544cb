import { batch, pageview } from "../tests/fixtures.ts";
import { BUSIEST, SITES } from "./two_years.ts";

/** A pageview, and what happened on the page before it. */
const EVENTS_A_POST = 4;
const BETWEEN_VIEWS_MS = 20_000;
const MOST_VIEWS = 6;
const TICK_MS = 50;
// What cannot be posted in time is left out, and shows in the rate.
const MOST_IN_FLIGHT = 200;
const LATE_SHARE = 0.02;
const LATE_MS = 8 * 60_000;
const REPEATED_SHARE = 0.02;
const BUSIEST_SHARE = 0.8;

interface Visit {
  siteId: string;
  sessionId: string;
  visitorId: string;
  views: number;
  path: string;
  lastViewAt: number;
}

/** Visitors who post like our tracker, at a rate: sessions of several pages, some late events, some posts sent twice. */
export class LiveLoad {
  /** Events that were acknowledged, each once however often it was sent; by site. */
  readonly acknowledged = new Map<string, number>();
  /** From the request to its 202, in milliseconds. */
  readonly latencies: number[] = [];
  readonly failures: string[] = [];
  /** Sessions that somebody may view another page in, the one that waits longest first. */
  readonly #waiting: Visit[] = [];
  #posted = 0;
  #inFlight = 0;

  constructor(readonly collectUrl: string, readonly rate: number) {}

  /** Posts for so long, then waits for the last response. */
  async run(milliseconds: number, signal: AbortSignal): Promise<void> {
    const started = performance.now();
    const elapsed = () => performance.now() - started;
    while (elapsed() < milliseconds && !signal.aborted) {
      const due = Math.floor(elapsed() / 1000 * this.rate / EVENTS_A_POST);
      while (this.#posted < due && this.#inFlight < MOST_IN_FLIGHT) this.#postNext();
      await pause(TICK_MS);
    }
    while (this.#inFlight > 0) await pause(TICK_MS);
  }

  #postNext(): void {
    this.#posted++;
    const now = Date.now();
    const isWaiting = this.#waiting[0] !== undefined && now - this.#waiting[0].lastViewAt >= BETWEEN_VIEWS_MS;
    const visit = isWaiting ? this.#waiting.shift()! : newVisit();
    const body = nextView(visit, Math.random() < LATE_SHARE ? now - LATE_MS : now);
    visit.lastViewAt = now;
    if (--visit.views > 0) this.#waiting.push(visit);
    const events = EVENTS_A_POST;
    this.#send(body, () => {
      this.acknowledged.set(visit.siteId, (this.acknowledged.get(visit.siteId) ?? 0) + events);
    });
    if (Math.random() < REPEATED_SHARE) this.#send(body, () => {});
  }

  async #send(body: string, onAccepted: () => void): Promise<void> {
    this.#inFlight++;
    const started = performance.now();
    try {
      const response = await fetch(this.collectUrl, {
        method: "POST",
        body,
        headers: { "content-type": "text/plain" },
      });
      const text = await response.text();
      if (response.status === 202) {
        this.latencies.push(performance.now() - started);
        onAccepted();
      } else {
        this.failures.push(`${response.status}: ${text.slice(0, 200)}`);
      }
    } catch (error) {
      this.failures.push(String(error));
    } finally {
      this.#inFlight--;
    }
  }
}

function newVisit(): Visit {
  const other = 2 + Math.floor(Math.random() * (SITES.length - 2));
  return {
    siteId: Math.random() < BUSIEST_SHARE ? BUSIEST : SITES[other]!,
    sessionId: `sess_${crypto.randomUUID()}`,
    visitorId: `vis_${crypto.randomUUID()}`,
    views: 1 + Math.floor(Math.random() * MOST_VIEWS),
    path: "/",
    lastViewAt: 0,
  };
}

/** What happened on the page so far, then a view of the next one. */
function nextView(visit: Visit, at: number): string {
  const { siteId, sessionId, visitorId, path } = visit;
  const time = (before: number) => new Date(at - before).toISOString();
  const url = (path: string) => `https://shop.example${path}`;
  visit.path = Math.random() < 0.1 ? "/pricing" : `/articles/${Math.floor(500 * Math.random() ** 3)}`;
  const ids = { siteId, sessionId, visitorId };
  return JSON.stringify([
    batch([
      {
        eventType: "scroll_depth",
        timestamp: time(9_000),
        eventData: { milestone: 50, scrollPercentage: 50 },
      },
      { eventType: "click", timestamp: time(5_000), eventData: { tagName: "A", text: "More" } },
      { eventType: "page_exit", timestamp: time(10), eventData: { timeSpent: 19_000, engagedTime: 12_000 } },
    ], { ...ids, eventId: crypto.randomUUID(), timestamp: time(5), url: url(path), path }),
    pageview({
      ...ids,
      eventId: crypto.randomUUID(),
      timestamp: time(0),
      url: url(visit.path),
      path: visit.path,
    }),
  ]);
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
