import { generate as uuidv7 } from "@std/uuid/v7";
import type { NewEvent } from "../db/event_row.ts";
import { withAsciiHost } from "./ascii_host.ts";
import { completeAttribution, completePage, fieldsOf, PageUrl, textOf } from "./attribution.ts";
import { botOf } from "./bot.ts";
import { type IpMode, storedAddress } from "./client_address.ts";
import { clockSkew, eventTime } from "./clock.ts";
import { withCountry } from "./country.ts";
import type { Payload } from "./payload.ts";
import { mapFields, redactFields, redactUrl, type SecretName } from "./redact.ts";
import { parseUserAgent } from "./user_agent.ts";
import type { VisitorIds } from "./visitor.ts";

/** What the request tells about all of its events. */
export interface RequestContext {
  receivedAt: Date;
  /** The visitor's whole address; what is stored of it is cut to `ipMode`. */
  address: string | undefined;
  /** Where the visitor is, as the platform's header or a database of addresses tells: ISO 3166-1 alpha-2. */
  country: string | undefined;
  /** Whether the address is in a network of `BOT_NETWORKS`. */
  isFromDataCentre: boolean;
  userAgent: string | undefined;
  acceptLanguage: string | undefined;
  referer: string | undefined;
}

export interface SiteContext {
  /** The site's own hosts. */
  domains: readonly string[];
  ipMode: IpMode;
  /** Which fields and parameters are redacted. */
  isSecretName: SecretName;
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
  const skew = clockSkew(payload.sentAt, request.receivedAt);
  const time = eventTime(payload.timestamp, skew, request.receivedAt);
  const userAgent = userAgentOf(payload, request);
  const agent = userAgent === undefined ? null : parseUserAgent(userAgent);
  const { url, path } = locate(
    payload,
    payload.eventType === "pageview" ? request.referer : undefined,
    site.isSecretName,
  );
  const timestamp = time.toISOString();
  const raw = complete(payload, url, path, request, site);
  raw.timestamp = timestamp;
  if (skew !== 0) raw.clockSkew = skew;
  if (payload.eventType !== "pageview" && (payload.browser || request.country !== undefined)) {
    raw.browser = withCountry(payload.browser ?? {}, request.country);
  }
  // Another event may have a field of that name, and hold anything there.
  if (payload.eventType === "batch" && payload.events) {
    raw.events = payload.events.map((event) => completeNested(event, time, skew, request, site));
  }
  return {
    row: {
      event_id: payload.eventId ?? uuidv7(request.receivedAt.getTime()),
      event_type: payload.eventType,
      session_id: visitor.sessionId,
      visitor_id: visitor.visitorId,
      site_id: payload.siteId,
      timestamp,
      url: url.text ?? null,
      path: path ?? null,
      user_agent: agent?.user_agent ?? null,
      ip_address: storedAddress(request.address, site.ipMode) ?? null,
      raw_event_data: raw,
      bot: botOf(raw, agent?.user_agent, request.isFromDataCentre) ?? null,
    },
    agent,
  };
}

function completeNested(
  sent: unknown,
  batchTime: Date,
  skew: number,
  request: RequestContext,
  site: SiteContext,
): unknown {
  const event = fieldsOf(sent);
  if ("rejected" in event && typeof event.eventType !== "string") {
    return { rejected: event.rejected, event: redactEventData(event.event, site.isSecretName) };
  }
  const said = event.timestamp;
  const time = said instanceof Date ? eventTime(said, skew, request.receivedAt) : batchTime;
  const { url, path } = locate(event, undefined, site.isSecretName);
  const completed = complete(event, url, path, request, site);
  completed.timestamp = time.toISOString();
  return completed;
}

/** The page of an event: as it says, else as its page says, else (of a pageview) as the browser's Referer header says. */
function locate(
  event: Fields,
  referer: string | undefined,
  isSecretName: SecretName,
): { url: PageUrl; path: string | undefined } {
  const page = fieldsOf(event.page);
  const path = textOf(event.path) ?? textOf(page.path);
  const sent = textOf(event.url) ?? textOf(page.url) ?? (path === undefined ? referer : undefined);
  // Cut first: redacting a quarter of a megabyte of parameters would keep everybody waiting.
  const url = new PageUrl(
    sent === undefined ? undefined : cut(redactUrl(withAsciiHost(cut(sent, MAX_URL)), isSecretName), MAX_URL),
  );
  const known = path === undefined ? url.parsed?.pathname : redactUrl(cut(path, MAX_URL), isSecretName);
  return { url, path: known === undefined ? undefined : cut(known, 2048) };
}

/** Longest URL that is kept; browsers and servers stop at about that. */
const MAX_URL = 8192;

/** The beginning of a text. A cut through a surrogate pair must not leave half of it: Postgres takes none. */
function cut(text: string, length: number): string {
  return text.slice(0, length).toWellFormed();
}

// What the contract names; any other field may hold anything.
const KNOWN_FIELDS = new Set(
  "eventType eventId timestamp sentAt sessionId visitorId siteId url path eventData attribution browser page events batchMetadata"
    .split(" "),
);

/** The event with its secrets redacted; a pageview also with attribution, browser and page filled in. */
function complete(
  event: Fields,
  url: PageUrl,
  path: string | undefined,
  request: RequestContext,
  site: SiteContext,
): Fields {
  const { isSecretName } = site;
  const redacted = mapFields(
    event,
    (field, name) => KNOWN_FIELDS.has(name) ? field : redactFields(field, name, isSecretName),
  );
  const completed = { ...redacted };
  if (url.text !== undefined) completed.url = url.text;
  if (path !== undefined) completed.path = path;
  if (event.eventData !== undefined) completed.eventData = redactEventData(event.eventData, isSecretName);
  if (event.eventType !== "pageview") {
    if (event.page !== undefined) completed.page = redactUrls(event.page, isSecretName);
    if (event.attribution !== undefined) completed.attribution = redactUrls(event.attribution, isSecretName);
    return completed;
  }
  const browser = fieldsOf(event.browser);
  completed.attribution = completeAttribution(
    event.attribution,
    url,
    fieldsOf(event.page).referrer,
    site,
  );
  completed.browser = withCountry({
    ...browser,
    userAgent: textOf(browser.userAgent) ?? request.userAgent ?? null,
    language: textOf(browser.language) ?? firstLanguage(request.acceptLanguage) ?? null,
  }, request.country);
  completed.page = completePage(event.page, url, path, isSecretName);
  return completed;
}

const URL_FIELDS = ["href", "formAction", "url"];

function redactEventData(sent: unknown, isSecretName: SecretName): unknown {
  const eventData = redactFields(sent, "", isSecretName);
  return mapTexts(
    eventData,
    (text, name) => URL_FIELDS.includes(name) ? redactUrl(text, isSecretName) : text,
  );
}

/** A page or an attribution where none belongs: kept, but its URLs have the same secrets. */
function redactUrls(sent: unknown, isSecretName: SecretName): unknown {
  return mapTexts(sent, (text) => redactUrl(text, isSecretName));
}

/** The object with `change` made to those of its fields that are texts; what is no object as it is. */
function mapTexts(value: unknown, change: (text: string, name: string) => string): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return mapFields(value, (field, name) => typeof field === "string" ? change(field, name) : field);
}

/** The language that an Accept-Language header puts first (RFC 9110, 12.5.4). */
function firstLanguage(header: string | undefined): string | undefined {
  const tag = header?.split(",")[0]?.split(";")[0]?.trim();
  return tag && /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/.test(tag) ? tag : undefined;
}
