import { AUTOMATIC_EVENTS } from "./automatic_events.ts";

/**
 * What the ETL's tables must hold, said as plainly as possible: one event after the other, over the whole set, with no
 * thought of speed: etl/definitions.md in code. The property test holds the SQL against it.
 */

export interface ReferenceEvent {
  siteId: string;
  sessionId: string;
  visitorId: string;
  eventId: string;
  /** The event's place in its batch, from 1 on; 0 for an event that came alone. */
  place: number;
  eventType: string;
  /** Seconds since the tests' zero. */
  time: number;
  /** Null where the event was sent without its page. */
  path: string | null;
  /** Of a page_exit, in seconds. */
  timeSpent?: number;
  engagedTime?: number;
  utmSource?: string;
  /** Whether a bot has sent it. */
  isBot: boolean;
  /** Of a pageview its own; of a page_exit that of the view which `viewId` names. */
  title?: string;
  viewId?: string;
}

const compare = <T>(a: T, b: T) => a < b ? -1 : a > b ? 1 : 0;
const byTime = (a: ReferenceEvent, b: ReferenceEvent) =>
  a.time - b.time || compare(a.eventId, b.eventId) || a.place - b.place;
const isView = (event: ReferenceEvent) => event.eventType === "pageview";

export interface ReferenceTables {
  sessions: Record<string, unknown>[];
  pageviews: Record<string, unknown>[];
  events: Record<string, unknown>[];
  days: Record<string, unknown>[];
  /** What bots have sent, which the others leave out. */
  bots: Record<string, unknown>[];
}

/** The tables of a set of events, rows in no particular order. `dayOf` answers the site's own day of a time. */
export function referenceTables(
  all: ReferenceEvent[],
  dayOf: (siteId: string, time: number) => string,
): ReferenceTables {
  const tables: ReferenceTables = { sessions: [], pageviews: [], events: [], days: [], bots: [] };
  const events = all.filter(({ isBot }) => !isBot);
  const visits = Map.groupBy(events, (event) => `${event.siteId}/${event.sessionId}`);
  for (const visit of visits.values()) addVisit(visit.toSorted(byTime), tables);
  addDays(events, tables, dayOf);
  addBots(all.filter(({ isBot }) => isBot), tables, dayOf);
  return tables;
}

function addBots(
  events: ReferenceEvent[],
  tables: ReferenceTables,
  dayOf: (siteId: string, time: number) => string,
): void {
  for (
    const ofDay of Map.groupBy(events, ({ siteId, time }) => `${siteId} ${dayOf(siteId, time)}`).values()
  ) {
    const { siteId, time } = ofDay[0]!;
    const pageviews = ofDay.filter(isView).length;
    tables.bots.push({
      site_id: siteId,
      metric_date: dayOf(siteId, time),
      pageviews,
      events: ofDay.length - pageviews,
    });
  }
}

function addVisit(visit: ReferenceEvent[], tables: ReferenceTables): void {
  const views = visit.filter(isView);
  const interactions = visit.filter((event) => !isView(event));
  const entry = views[0] ?? visit[0]!;
  const start = visit[0]!.time;
  const pageOf = (event: ReferenceEvent) =>
    event.path ?? views.filter((view) => view.time <= event.time).at(-1)?.path ?? null;
  const exits: Exit[] = interactions.filter((event) => event.eventType === "page_exit").map((exit) => {
    const before = views.filter((view) => view.time <= exit.time);
    const view = before.filter((view) => view.path === pageOf(exit)).at(-1) ?? before.at(-1);
    const engaged = exit.engagedTime === undefined || exit.engagedTime < 0
      ? null
      : Math.min(exit.engagedTime, exit.time - (view?.time ?? -Infinity));
    return { exit, view, engaged };
  });
  tables.sessions.push({
    site_id: entry.siteId,
    session_id: entry.sessionId,
    visitor_id: entry.visitorId,
    start,
    ...timesOf(visit, exits),
    pageview_count: views.length,
    event_count: interactions.length,
    bounce: views.length === 1 && interactions.every(({ eventType }) => AUTOMATIC_EVENTS.includes(eventType)),
    entry_path: views[0]?.path ?? null,
    entry_title: views[0] ? titleOf(views[0], interactions) : null,
    exit_path: views.at(-1)?.path ?? null,
    utm_source: views[0]?.utmSource ?? null,
  });

  for (const event of interactions) {
    tables.events.push({
      event_id: event.eventId,
      place: event.place,
      event_type: event.eventType,
      page_path: pageOf(event),
    });
  }

  views.forEach((view, i) => {
    const next = views[i + 1];
    const untilNext = next === undefined ? null : next.time - view.time;
    const own = exits.filter((exit) => exit.view === view);
    const stays = own.map(({ exit }) => exit.timeSpent ?? exit.time - view.time);
    const engaged = longest(own.map((exit) => exit.engaged));
    tables.pageviews.push({
      event_id: view.eventId,
      place: view.place,
      path: view.path,
      title: titleOf(view, interactions),
      time_on_page: untilNext !== null && untilNext <= IDLE
        ? untilNext
        : engaged ?? longest(stays.filter((stay) => stay <= IDLE)),
      engaged,
    });
  });
}

const IDLE = 1800;

interface Exit {
  exit: ReferenceEvent;
  /** The view that it ends. */
  view: ReferenceEvent | undefined;
  engaged: number | null;
}

function longest(times: (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** Duration and engaged time of a visit. */
function timesOf(visit: ReferenceEvent[], exits: Exit[]): { seconds: number; engaged: number | null } {
  const start = visit[0]!.time;
  const times = visit.map(({ time }) => time);
  /** The sum of the gaps between two moments of events that are no idle ones. */
  const active = (from: number, to: number) =>
    times.reduce((sum, time, i) => {
      const gap = time - times[i - 1]!;
      return i > 0 && time > from && time <= to && gap <= IDLE ? sum + gap : sum;
    }, 0);
  const closesAt = visit.findLast(({ eventType }) => eventType !== "page_exit")?.time ?? start;
  const beyond = exits.filter(({ exit }) => exit.time > closesAt).map(({ exit, view, engaged }) =>
    engaged === null
      ? active(closesAt, exit.time)
      : Math.min(engaged - active(view?.time ?? start, closesAt), exit.time - closesAt)
  );
  const ofViews = Map.groupBy(exits.filter(({ view }) => view), ({ view }) => view);
  const engaged = [...ofViews.values()].flatMap((own) => longest(own.map(({ engaged }) => engaged)) ?? []);
  return {
    seconds: active(start, closesAt) + Math.max(0, ...beyond),
    engaged: engaged.length === 0 ? null : engaged.reduce((sum, time) => sum + time),
  };
}

/** The title that the last exit from a view tells, else the view's own. */
function titleOf(view: ReferenceEvent, interactions: ReferenceEvent[]): string | null {
  const exit = interactions.findLast((event) =>
    event.eventType === "page_exit" && event.title !== undefined && event.viewId === view.eventId &&
    event.time >= view.time
  );
  return exit?.title ?? view.title ?? null;
}

function addDays(
  events: ReferenceEvent[],
  tables: ReferenceTables,
  dayOf: (siteId: string, time: number) => string,
): void {
  const keyOf = (siteId: string, time: number) => `${siteId} ${dayOf(siteId, time)}`;
  const keys = new Set([
    ...events.map((event) => keyOf(event.siteId, event.time)),
    ...tables.sessions.map((session) => keyOf(String(session.site_id), Number(session.start))),
  ]);
  for (const key of keys) {
    const sessions = tables.sessions.filter((session) =>
      keyOf(String(session.site_id), Number(session.start)) === key
    );
    const ofDay = events.filter((event) => keyOf(event.siteId, event.time) === key);
    const views = ofDay.filter(isView);
    const [site_id, metric_date] = key.split(" ");
    const sum = (name: string) => sessions.reduce((total, session) => total + Number(session[name]), 0);
    const mean = (total: number) => sessions.length === 0 ? null : total / sessions.length;
    const seconds = mean(sum("seconds"));
    tables.days.push({
      site_id,
      metric_date,
      unique_visitors: new Set([
        ...sessions.map((session) => session.visitor_id),
        ...views.map((view) => view.visitorId),
      ]).size,
      total_sessions: sessions.length,
      total_pageviews: views.length,
      total_events: ofDay.length - views.length,
      bounce_rate: bounceRate(sessions),
      avg_seconds: seconds === null ? null : Math.round(seconds),
      pages: sum("pageview_count"),
    });
  }
}

/** To four digits, as the column keeps it. */
function bounceRate(sessions: ReferenceTables["sessions"]): number | null {
  const viewed = sessions.filter(({ pageview_count }) => pageview_count !== 0);
  if (viewed.length === 0) return null;
  return Math.round(viewed.filter(({ bounce }) => bounce).length / viewed.length * 10_000) / 10_000;
}
