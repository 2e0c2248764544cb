import { AUTOMATIC_EVENTS } from "./automatic_events.ts";
import type { Database } from "../db/database.ts";
import type { Dimension, Filter, SessionDimension, StatsQuery } from "../db/stats/query.ts";

/** A pageview or an event, with its moment in milliseconds and the site's day of it. */
export interface Fact {
  sessionId: string;
  visitor: string;
  at: number;
  day: string;
  /** The page, or the event's name. */
  name: string;
  /** Of a pageview: the time on it. */
  seconds: number | null;
  /** Of a pageview: for how long it was used. */
  engaged: number | null;
  /** Its place among the pageviews and events of its session. */
  ordinal: number;
}

/** A session with its values, and its steps in order. */
export interface VisitFact {
  visitor: string;
  at: number;
  day: string;
  pageviewCount: number;
  eventCount: number;
  bounce: boolean;
  seconds: number;
  engaged: number | null;
  values: Record<SessionDimension, string>;
  pages: Fact[];
  events: Fact[];
}

/** All that the facts say of one site. */
export interface Facts {
  timezone: string;
  sessions: VisitFact[];
  pageviews: Fact[];
  events: Fact[];
}

// Of the sources that the tests' events have, those that a campaign may call otherwise.
const PLATFORMS: Record<string, string> = { twitter: "x", "m.facebook.com": "facebook" };

/** A campaign's parameter as a dimension has it. */
const tag = (value: string) => value.trim().toLowerCase();
const source = (value: string) => PLATFORMS[tag(value)] ?? tag(value);

const CHANNELS: Record<string, string> = {
  search: "Organic Search",
  social: "Organic Social",
  email: "Email",
  ai: "AI Assistants",
  referral: "Referral",
};

/** When the site's day begins, in milliseconds. @param later by how many days */
export function startOf(day: string, timezone: string, later = 0): number {
  return Temporal.PlainDate.from(day).add({ days: later }).toZonedDateTime(timezone).epochMilliseconds;
}

/** The site's day of a moment in milliseconds. */
export function dayAt(at: number, timezone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone).toPlainDate().toString();
}

/** Reads a site's facts; everything else is worked out here, one row after the other. */
export async function readFacts(db: Database, site: string, timezone: string): Promise<Facts> {
  const steps = (await db.query<Omit<Fact, "day"> & { isEvent: boolean }>(
    `select *, row_number() over (partition by "sessionId" order by moment, "isEvent", id) as ordinal
     from (
       select session_id as "sessionId", visitor_id as visitor, view_timestamp as moment, extract(epoch from view_timestamp) * 1000 as at,
         path as name, time_on_page_seconds as seconds, engaged_seconds as engaged, false as "isEvent", id
       from pageviews where site_id = $1
       union all
       select session_id, visitor_id, event_timestamp, extract(epoch from event_timestamp) * 1000, event_type, null, null, true, id
       from user_events where site_id = $1
     ) steps
     order by moment, "isEvent", id`,
    [site],
  )).map(({ sessionId, visitor, at, name, seconds, engaged, ordinal, isEvent }) => ({
    isEvent,
    fact: { sessionId, visitor, at, name, seconds, engaged, ordinal, day: dayAt(at, timezone) },
  }));
  const pageviews = steps.filter(({ isEvent }) => !isEvent).map(({ fact }) => fact);
  const events = steps.filter(({ isEvent }) => isEvent).map(({ fact }) => fact);
  const rows = await db.query<
    Record<string, string | null> & Record<"at" | "views" | "others" | "seconds", number> & {
      engaged: number | null;
    }
  >(
    `select s.*, extract(epoch from session_start) * 1000 as at, pageview_count as views, event_count as others,
       duration_seconds as seconds, engaged_seconds as engaged, browser, os, device_type
     from user_sessions s left join user_agents using (user_agent) where site_id = $1`,
    [site],
  );
  const sessions = rows.map((row): VisitFact => {
    const day = dayAt(row.at, timezone);
    const own = (facts: Fact[]) => facts.filter(({ sessionId }) => sessionId === row.session_id);
    return {
      visitor: row.visitor_id!,
      at: row.at,
      day,
      pageviewCount: row.views,
      eventCount: row.others,
      bounce: row.views === 1 && own(events).every(({ name }) => AUTOMATIC_EVENTS.includes(name)),
      seconds: row.seconds,
      engaged: row.engaged,
      values: valuesOf(row),
      pages: own(pageviews),
      events: own(events),
    };
  });
  return { timezone, sessions, pageviews, events };
}

function valuesOf(row: Record<string, string | number | null>): Record<SessionDimension, string> {
  const text = (name: string) => String(row[name] ?? "");
  const host = row.original_referrer === null
    ? ""
    : new URL(text("original_referrer")).host.replace(/^www\./, "");
  const referrer = row.referrer_type === "internal" ? "" : host;
  const platform = row.referrer_type === "internal" ? "" : text("referrer_platform");
  return {
    entry: text("entry_path"),
    exit: text("exit_path"),
    source: source(tag(text("utm_source")) || platform || referrer),
    referrer,
    channel: text("channel") || CHANNELS[text("referrer_type")] || "Direct",
    utm_source: tag(text("utm_source")),
    utm_medium: tag(text("utm_medium")),
    utm_campaign: tag(text("utm_campaign")),
    utm_content: tag(text("utm_content")),
    utm_term: tag(text("utm_term")),
    country: text("country"),
    language: text("browser_language"),
    browser: text("browser"),
    os: text("os"),
    device: text("device_type"),
    screen: row.screen_width === null || row.screen_height === null
      ? ""
      : `${row.screen_width}×${row.screen_height}`,
  };
}

/** The names that a session has of a dimension: one, or those of its pages or events. */
export function namesOf(session: VisitFact, dimension: Dimension): string[] {
  if (dimension === "page") return session.pages.map(({ name }) => name);
  if (dimension === "event") return session.events.map(({ name }) => name);
  return [session.values[dimension]];
}

/** The sessions that started in the range and fit the filters. */
export function chosen({ sessions }: Facts, { range, filters }: StatsQuery): VisitFact[] {
  return sessions.filter((session) =>
    isWithin(session.day, range) && filters.every((filter) => fits(session, filter))
  );
}

export function isWithin(day: string, { from, to }: { from: string; to: string }): boolean {
  return from <= day && day <= to;
}

function fits(session: VisitFact, { dimension, operator, values }: Filter): boolean {
  const asked = dimension === "source"
    ? source
    : dimension.startsWith("utm_")
    ? tag
    : (value: string) => value;
  const found = namesOf(session, dimension).some((name) =>
    values.some((value) =>
      operator.startsWith("is") ? name === asked(value) : name.toLowerCase().includes(value.toLowerCase())
    )
  );
  return operator.endsWith("_not") ? !found : found;
}
