import { generate as uuidv7 } from "@std/uuid/v7";
import type { NewEvent } from "../db/event_row.ts";
import { completeAttribution, completePage, fieldsOf, parseUrl, textOf } from "./attribution.ts";
import { cleanForPostgres } from "./clean.ts";
import { type IpMode, storedAddress } from "./client_address.ts";
import { clockSkew, eventTime } from "./clock.ts";
import type { Payload } from "./payload.ts";
import { redactFields, redactUrl } from "./redact.ts";
import { MAX_USER_AGENT, parseUserAgent } from "./user_agent.ts";
import type { VisitorIds } from "./visitor.ts";

/** What the request tells about all of its events. */
export interface RequestContext {
  receivedAt: Date;
  /** The visitor's whole address; what is stored of it is cut to `ipMode`. */
  address: string | undefined;
  userAgent: string | undefined;
  acceptLanguage: string | undefined;
  referer: string | undefined;
}

export interface SiteContext {
  /** The site's own hosts. */
  domains: readonly string[];
  ipMode: IpMode;
}

type Fields = Record<string, unknown>;

/** The user agent that an event is filed under: the one it names, else the request's. */
export function userAgentOf(payload: Payload, request: RequestContext): string | undefined {
  return textOf(fieldsOf(payload.browser).userAgent) ?? request.userAgent;
}

/**
 * The row of one posted item: what the client left out is derived, the clock is set right, and nothing secret is left
 * in it. `raw_event_data` keeps the shape of the payload, and every field that we do not know.
 */
export function enrichEvent(
  payload: Payload,
  request: RequestContext,
  site: SiteContext,
  visitor: VisitorIds,
): NewEvent {
  const clean = cleanForPostgres(payload) as Payload & Fields;
  const skew = clockSkew(payload.sentAt, request.receivedAt);
  const time = eventTime(payload.timestamp, skew, request.receivedAt);
  const agent = userAgentOf(clean, request);
  const { url, path } = locate(clean, clean.eventType === "pageview" ? request.referer : undefined);
  const raw: Fields = {
    ...complete(clean, url, path, request, site),
    timestamp: time.toISOString(),
    ...(skew === 0 ? {} : { clockSkew: skew }),
  };
  if (payload.events) {
    raw.events = payload.events.map((event, place) =>
      completeNested(event, (clean.events as unknown[])[place], time, skew, request, site)
    );
  }
  return {
    row: {
      event_id: payload.eventId ?? uuidv7(request.receivedAt.getTime()),
      event_type: clean.eventType,
      session_id: visitor.sessionId,
      visitor_id: visitor.visitorId,
      site_id: clean.siteId,
      timestamp: time.toISOString(),
      url: url ?? null,
      path: path ?? null,
      user_agent: agent?.slice(0, MAX_USER_AGENT) ?? null,
      ip_address: storedAddress(request.address, site.ipMode) ?? null,
      raw_event_data: raw,
    },
    agent: agent === undefined ? null : parseUserAgent(agent),
    mayBeKnown: payload.eventId !== undefined,
  };
}

function completeNested(
  sent: unknown,
  clean: unknown,
  batchTime: Date,
  skew: number,
  request: RequestContext,
  site: SiteContext,
): unknown {
  const event = fieldsOf(clean);
  // What is not valid stays as it came, without its secrets, for the ETL to set aside.
  if (typeof event.eventType !== "string") return redactFields(clean);
  const timestamp = fieldsOf(sent).timestamp;
  const { url, path } = locate(event, undefined);
  return {
    ...complete(event, url, path, request, site),
    ...(timestamp instanceof Date
      ? { timestamp: eventTime(timestamp, skew, request.receivedAt).toISOString() }
      : {
        timestamp: batchTime.toISOString(),
      }),
  };
}

/** The page of an event: as it says, else as its page says, else (of a pageview) as the browser's Referer header says. */
function locate(
  event: Fields,
  referer: string | undefined,
): { url: string | undefined; path: string | undefined } {
  const page = fieldsOf(event.page);
  const path = textOf(event.path) ?? textOf(page.path);
  const sent = textOf(event.url) ?? textOf(page.url) ?? (path === undefined ? referer : undefined);
  const url = sent === undefined ? undefined : redactUrl(sent).slice(0, 8192);
  return { url, path: (path ?? parseUrl(url)?.pathname)?.slice(0, 2048) };
}

/** The event with its secrets redacted; a pageview also with attribution, browser and page filled in. */
function complete(
  event: Fields,
  url: string | undefined,
  path: string | undefined,
  request: RequestContext,
  site: SiteContext,
): Fields {
  const completed: Fields = { ...event };
  if (url !== undefined) completed.url = url;
  if (path !== undefined) completed.path = path;
  if (event.eventData !== undefined) completed.eventData = redactEventData(event.eventData);
  if (event.eventType !== "pageview") return completed;
  const browser = fieldsOf(event.browser);
  completed.attribution = completeAttribution(
    event.attribution,
    textOf(event.url) ?? url,
    fieldsOf(event.page).referrer,
    site.domains,
  );
  completed.browser = {
    ...browser,
    userAgent: textOf(browser.userAgent) ?? request.userAgent ?? null,
    language: textOf(browser.language) ?? firstLanguage(request.acceptLanguage) ?? null,
  };
  completed.page = completePage(event.page, url, path);
  return completed;
}

const URL_FIELDS = ["href", "formAction", "url"];

function redactEventData(sent: unknown): unknown {
  const eventData = redactFields(sent) as Fields;
  for (const name of URL_FIELDS) {
    if (typeof eventData[name] === "string") eventData[name] = redactUrl(eventData[name]);
  }
  return eventData;
}

/** The language that an Accept-Language header puts first (RFC 9110, 12.5.4). */
function firstLanguage(header: string | undefined): string | undefined {
  const tag = header?.split(",")[0]?.split(";")[0]?.trim();
  return tag && /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/.test(tag) ? tag : undefined;
}
