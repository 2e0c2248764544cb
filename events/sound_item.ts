import { z } from "zod";
import { parseTime } from "./clock.ts";
import type { Payload } from "./payload.ts";

/** Most items of one request, and most events of one batch. */
export const MAX_EVENTS = 1000;
/** Longest id of a site, a session or a visitor. */
export const MAX_ID = 100;
/** Longest type of an event. */
export const MAX_TYPE = 50;

type Fields = Record<string, unknown>;

/**
 * A posted event, or a batch, that needs no zod: it is valid, and nothing in it has to change but its times. It comes
 * out as zod would give it; undefined means that zod has to look. What is an error, and what is said of it, is zod's
 * business alone.
 *
 * Nearly every item is of this kind, and zod takes more than twice as long for a pageview (9.5 µs, this 3.7).
 */
export function readSoundItem(item: unknown): Payload | undefined {
  const isSound = isRecord(item) && hasSoundPage(item) && isText(item.siteId, MAX_ID) &&
    (item.eventType !== "batch" || isListOfEvents(item.events)) &&
    (item.eventId === undefined || isGuid(item.eventId)) &&
    (item.sessionId === undefined || isText(item.sessionId, MAX_ID)) &&
    (item.visitorId === undefined || isText(item.visitorId, MAX_ID)) &&
    isOptionalRecord(item.attribution) && isOptionalRecord(item.browser) && isOptionalRecord(item.page);
  return isSound ? withTime(withTime({ ...item }, "timestamp"), "sentAt") as Payload | undefined : undefined;
}

/** The same for an event within a batch. */
export function readSoundNested(event: unknown): Fields | undefined {
  const isSound = isRecord(event) && hasSoundPage(event) && event.eventType !== "batch";
  return isSound ? withTime({ ...event }, "timestamp") : undefined;
}

/** Whether they are so many as a batch may hold; each of them is looked at on its own. */
function isListOfEvents(events: unknown): boolean {
  return Array.isArray(events) && events.length > 0 && events.length <= MAX_EVENTS;
}

function hasSoundPage(event: Fields): boolean {
  return isText(event.eventType, MAX_TYPE) &&
    (event.url === undefined || typeof event.url === "string") &&
    (event.path === undefined || typeof event.path === "string") &&
    isOptionalRecord(event.eventData);
}

/** The event with the time that the field tells; undefined if it tells none. */
function withTime(event: Fields | undefined, field: "timestamp" | "sentAt"): Fields | undefined {
  const text = event?.[field];
  if (text === undefined) return event;
  const time = typeof text === "string" ? parseTime(text) : undefined;
  if (time === undefined) return undefined;
  event![field] = time;
  return event;
}

function isText(value: unknown, max: number): boolean {
  return typeof value === "string" && value.length > 0 && value.length <= max;
}

function isGuid(value: unknown): boolean {
  return typeof value === "string" && z.regexes.guid.test(value);
}

function isOptionalRecord(value: unknown): boolean {
  return value === undefined || isRecord(value);
}

/** An object of JSON. What zod makes of a field named `__proto__` is left to zod. */
function isRecord(value: unknown): value is Fields {
  return value !== null && typeof value === "object" && !Array.isArray(value) &&
    !Object.hasOwn(value, "__proto__");
}
