import type { Visitor } from "./audience.ts";
import type { Random } from "./random.ts";
import { browserOf, type PageView } from "./visit.ts";

/** One request of a tracker to the collector. */
export interface Post {
  /** Milliseconds since 1970. */
  sentAt: number;
  visitor: Visitor;
  body: string;
  /** An id for each item of the body, also where the tracker sends none. */
  eventIds: string[];
  /** Events that the body tells of. */
  events: number;
}

/** Who visits which site, and since when. */
export interface Visit {
  siteId: string;
  sessionId: string;
  visitor: Visitor;
  startedAt: number;
}

/** What a visitor's tracker posts during a visit, in order. `nextId` gives the events their ids. */
export function postsOf(
  random: Random,
  visit: Visit,
  views: readonly PageView[],
  nextId: () => string,
): Post[] {
  const write = visit.visitor.tracker === "arrays" ? arraysOf : batchesOf;
  return views.flatMap((view) => write(random, visit, view, nextId));
}

/** Our tracker: arrays of single events, each with its id and the time at which it was sent, by the device's clock. */
function arraysOf(_random: Random, visit: Visit, view: PageView, nextId: () => string): Post[] {
  const { siteId, sessionId, visitor, startedAt } = visit;
  const opened = startedAt + view.openedAt;
  const clock = (at: number) => new Date(at + visitor.clockSkewMs).toISOString();
  const { userAgent: _, language: __, ...browser } = browserOf(visitor);
  const { url, page: { path, title } } = view;
  const identity = { siteId, visitorId: visitor.id, sessionId, url, path };
  const post = (
    sentAt: number,
    events: { at: number; eventType: string; eventData: unknown }[],
    details = {},
  ): Post => {
    const eventIds = events.map(nextId);
    const items = events.map(({ at, eventType, eventData }, i) => ({
      eventType,
      eventId: eventIds[i],
      timestamp: clock(opened + at),
      ...identity,
      eventData,
      ...details,
      sentAt: clock(sentAt),
    }));
    return { sentAt, visitor, body: JSON.stringify(items), eventIds, events: items.length };
  };
  const shown = post(opened + 120, [{ at: 0, eventType: "pageview", eventData: {} }], {
    browser,
    page: { title, referrer: view.referrer },
  });
  if (view.interactions.length === 0) return [shown];
  return [shown, post(opened + view.interactions.at(-1)!.at + 200, view.interactions)];
}

// An older tracker that tells the page of a batch is as common as one that leaves it to the collector to find.
const NAMED_PAGES = 0.8;

/** Older trackers: a pageview by itself, then one batch of what happened on the page; no ids, no `sentAt`. */
function batchesOf(random: Random, visit: Visit, view: PageView, nextId: () => string): Post[] {
  const { siteId, sessionId, visitor, startedAt } = visit;
  const opened = startedAt + view.openedAt;
  const time = (at: number) => new Date(opened + at).toISOString();
  const { url, page: { path, title }, interactions } = view;
  const identity = { sessionId, visitorId: visitor.id, siteId };
  const query = new URL(url).search;
  const parameter = (name: string) => new URLSearchParams(query).get(name);
  const send = (sentAt: number, item: unknown, events: number): Post => ({
    sentAt,
    visitor,
    body: JSON.stringify(item),
    eventIds: [nextId()],
    events,
  });
  const shown = send(opened + 120, {
    eventType: "pageview",
    timestamp: time(0),
    ...identity,
    url,
    path,
    eventData: {},
    attribution: {
      utmParams: Object.fromEntries(UTM.map((name) => [name, parameter(name)])),
      campaignParams: Object.fromEntries(CLICK_IDS.map((name) => [name, parameter(name)])),
      referrer: view.referrer || null,
    },
    browser: browserOf(visitor),
    page: { title, url, path, referrer: view.referrer || "direct", queryParams: query, hash: "" },
  }, 1);
  const last = interactions.at(-1)?.at;
  if (last === undefined) return [shown];
  const batch = {
    eventType: "batch",
    timestamp: time(last),
    ...identity,
    ...random.chance(NAMED_PAGES) ? { url, path } : {},
    batchMetadata: {
      eventCount: interactions.length,
      batchStartTime: time(interactions[0]!.at),
      batchEndTime: time(last),
      activityDuration: last - interactions[0]!.at,
      sentOnExit: true,
    },
    events: interactions.map(({ at, eventType, eventData }) => ({
      eventType,
      timestamp: time(at),
      eventData,
    })),
  };
  return [shown, send(opened + last + 200, batch, interactions.length)];
}

const UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"];
const CLICK_IDS = ["gclid", "fbclid", "msclkid"];
