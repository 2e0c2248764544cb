import { z } from "zod";
import { cleanForPostgres, mayNeedCleaning } from "./clean.ts";
import { parseTime } from "./clock.ts";
import { parseExactJson } from "./exact_json.ts";
import { MAX_EVENTS, MAX_ID, MAX_TYPE, readSoundItem, readSoundNested } from "./sound_item.ts";

/** Deepest nesting of an item. Trackers need 5; at some thousands Postgres and our own recursions run out of stack. */
export const MAX_DEPTH = 32;

// What a tracker sends as null it does not know: the same as leaving it out.
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);

const text = (min: number, max: number) =>
  z.string({
    error: (issue) =>
      issue.input === undefined
        ? `is missing: give a string of ${min} to ${max} characters`
        : "must be a string",
  })
    .min(min, `must be of ${min} to ${max} characters`)
    .max(max, `must be of ${min} to ${max} characters`);

const timestamp = z.string("must be a string such as 2026-11-22T08:00:00.000Z").transform(
  (value, context) => {
    const date = parseTime(value);
    if (date !== undefined) return date;
    context.addIssue({
      code: "custom",
      message: "must be an ISO 8601 time such as 2026-11-22T08:00:00.000Z",
    });
    return z.NEVER;
  },
);

const object = z.record(z.string(), z.unknown(), "must be an object");

const page = {
  url: optional(z.string("must be a string")),
  path: optional(z.string("must be a string")),
  eventData: optional(object),
};

const identity = {
  siteId: text(1, MAX_ID),
  eventId: optional(z.guid("must be a UUID")),
  sentAt: optional(timestamp),
  timestamp: optional(timestamp),
  sessionId: optional(text(1, MAX_ID)),
  visitorId: optional(text(1, MAX_ID)),
};

/** An item that is one event. */
export const single = z.looseObject({
  ...identity,
  ...page,
  eventType: text(1, MAX_TYPE),
  attribution: optional(object),
  browser: optional(object),
  page: optional(object),
}, "must be an object");

/** An item that is a batch; its events are checked one by one. */
export const batch = single.extend({
  events: z.array(z.unknown(), "must be an array of events").min(1, "must hold at least one event")
    .max(MAX_EVENTS, `must hold at most ${MAX_EVENTS} events`),
});

/** An event within a batch. */
export const inBatch = z.looseObject(
  { ...page, eventType: text(1, MAX_TYPE), timestamp: optional(timestamp) },
  "must be an object",
)
  .refine((event) => event.eventType !== "batch", {
    path: ["eventType"],
    message: "must not be batch inside a batch",
  });

/** One posted item, checked and clean (see `cleanForPostgres`): an event, or a batch with `events`. Unknown fields are kept. */
export type Payload = z.output<typeof single> & { events?: unknown[] };

/** What is wrong with which field: `path` is `siteId` or `events.3.eventType`, after the item's place in an array. */
export interface Issue {
  path: string;
  message: string;
}

/** What takes the place of an event within a batch that is not valid. */
export interface RejectedEvent {
  /** Why. */
  rejected: string;
  /** The event as it was sent. */
  event: unknown;
}

/** An item, or an event within a batch, that was left out. */
export interface Rejection {
  /** The item's place in the posted array; 0 for an item that came alone. */
  index: number;
  issues: Issue[];
}

export interface ParsedPayloads {
  /** The items that can be stored, with their place. */
  accepted: { index: number; payload: Payload }[];
  rejected: Rejection[];
  /** The body was one item, not an array. */
  alone: boolean;
}

/** The body as a whole cannot be read. */
export class UnreadableBody extends Error {
  override name = "UnreadableBody";
  constructor(message: string, readonly status: 400 | 413 = 400) {
    super(message);
  }
}

/**
 * Reads a posted body: one event, one batch, or an array of up to {@linkcode MAX_EVENTS} of either.
 *
 * An event within a batch that is not valid is reported, and stays in the batch as a {@linkcode RejectedEvent}: the ETL
 * sets it aside with its reason, so that its owner can look at it.
 *
 * @throws {UnreadableBody} If it is not JSON, an empty array, or too long an array
 */
export function parsePayloads(body: string): ParsedPayloads {
  const value = parseJson(body);
  const clean = mayNeedCleaning(body) ? cleanForPostgres : (item: unknown) => item;
  const alone = !Array.isArray(value);
  const items: unknown[] = alone ? [value] : value;
  if (items.length === 0) throw new UnreadableBody("The array is empty: send 1 to 1,000 events");
  if (items.length > MAX_EVENTS) {
    throw new UnreadableBody(`The array holds ${items.length} events: send at most 1,000 at a time`, 413);
  }
  const parsed: ParsedPayloads = { accepted: [], rejected: [], alone };
  items.forEach((item, index) => parseItem(item, index, clean, parsed));
  return parsed;
}

function parseItem(
  posted: unknown,
  index: number,
  clean: (item: unknown) => unknown,
  into: ParsedPayloads,
): void {
  const prefix = into.alone ? [] : [index];
  if (isDeeper(posted, MAX_DEPTH)) {
    const path = prefix.join(".");
    into.rejected.push({
      index,
      issues: [{ path, message: `the event must not be nested deeper than ${MAX_DEPTH} levels` }],
    });
    return;
  }
  // Before anything is judged, so that a length and an id mean what is stored.
  const item = clean(posted);
  const isBatch = (item as { eventType?: unknown } | null)?.eventType === "batch";
  let payload = readSoundItem(item);
  if (payload === undefined) {
    const result = (isBatch ? batch : single).safeParse(item);
    if (!result.success) {
      into.rejected.push({ index, issues: issuesOf(result.error, prefix) });
      return;
    }
    payload = result.data;
  }
  if (isBatch) {
    const issues: Issue[] = [];
    payload.events = payload.events?.map((event, place) => {
      const sound = readSoundNested(event);
      if (sound !== undefined) return sound;
      const nested = inBatch.safeParse(event);
      if (nested.success) return nested.data;
      const found = issuesOf(nested.error, [...prefix, "events", place]);
      issues.push(...found);
      return { rejected: found.map(({ message }) => message).join("; "), event } satisfies RejectedEvent;
    });
    if (issues.length > 0) into.rejected.push({ index, issues });
  }
  into.accepted.push({ index, payload });
}

function issuesOf(error: z.ZodError, prefix: PropertyKey[]): Issue[] {
  return error.issues.map((issue) => {
    const path = [...prefix, ...issue.path].map(String).join(".");
    // The item itself: its place in the array stands beside the message.
    const name = issue.path.length === 0 && prefix.length < 2 ? "the event" : path;
    return { path, message: `${name} ${issue.message}` };
  });
}

/** Whether objects and lists stand in each other more than `levels` deep. Looks no deeper than that. */
function isDeeper(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== "object") return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((inner) => isDeeper(inner, levels - 1));
  // What JSON.parse has made inherits no field; a list of the values would be one more object for each.
  for (const name in value) {
    if (isDeeper((value as Record<string, unknown>)[name], levels - 1)) return true;
  }
  return false;
}

function parseJson(body: string): unknown {
  try {
    return parseExactJson(body);
  } catch (error) {
    throw new UnreadableBody(
      body.trim() === ""
        ? "The body is empty: send a JSON event"
        : `The body is not JSON: ${(error as Error).message}`,
    );
  }
}
