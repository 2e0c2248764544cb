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
  utmSource?: string;
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
}

/** The tables of a set of events, rows in no particular order. `dayOf` answers the site's own day of a time. */
export function referenceTables(
  events: ReferenceEvent[],
  dayOf: (siteId: string, time: number) => string,
): ReferenceTables {
  const tables: ReferenceTables = { sessions: [], pageviews: [], events: [], days: [] };
  const visits = Map.groupBy(events, (event) => `${event.siteId}/${event.sessionId}`);
  for (const visit of visits.values()) addVisit(visit.toSorted(byTime), tables);
  addDays(events, tables, dayOf);
  return tables;
}

function addVisit(visit: ReferenceEvent[], tables: ReferenceTables): void {
  const views = visit.filter(isView);
  const interactions = visit.filter((event) => !isView(event));
  const entry = views[0] ?? visit[0]!;
  const start = visit[0]!.time;
  const end = visit.at(-1)!.time;
  tables.sessions.push({
    site_id: entry.siteId,
    session_id: entry.sessionId,
    visitor_id: entry.visitorId,
    start,
    seconds: end - start,
    pageview_count: views.length,
    event_count: interactions.length,
    bounce: views.length < 2,
    entry_path: views[0]?.path ?? null,
    entry_title: views[0] ? titleOf(views[0], interactions) : null,
    exit_path: views.at(-1)?.path ?? null,
    utm_source: views[0]?.utmSource ?? null,
  });

  const pageOf = (event: ReferenceEvent) =>
    event.path ?? views.filter((view) => view.time <= event.time).at(-1)?.path ?? null;
  for (const event of interactions) {
    tables.events.push({
      event_id: event.eventId,
      place: event.place,
      event_type: event.eventType,
      page_path: pageOf(event),
    });
  }

  const exits = new Map<ReferenceEvent, number>();
  for (const exit of interactions.filter((event) => event.eventType === "page_exit")) {
    const before = views.filter((view) => view.time <= exit.time);
    const left = before.filter((view) => view.path === pageOf(exit)).at(-1) ?? before.at(-1);
    if (left) exits.set(left, Math.max(exits.get(left) ?? 0, exit.timeSpent ?? exit.time - left.time));
  }
  views.forEach((view, i) => {
    const next = views[i + 1];
    const untilNext = next === undefined ? null : next.time - view.time;
    tables.pageviews.push({
      event_id: view.eventId,
      place: view.place,
      path: view.path,
      title: titleOf(view, interactions),
      time_on_page: untilNext !== null && untilNext <= 1800 ? untilNext : exits.get(view) ?? untilNext,
    });
  });
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
      bounces: sessions.filter((session) => session.bounce).length,
      avg_seconds: seconds === null ? null : Math.round(seconds),
      pages: sum("pageview_count"),
    });
  }
}
