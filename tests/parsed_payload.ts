import { parsePayloads } from "../events/payload.ts";

export const SITE = { siteId: "example-com" };
export const CLICK = { eventType: "click", ...SITE };
export const NO_TYPE = "eventType is missing: give a string of 1 to 50 characters";
export const NO_TIME = "must be an ISO 8601 time such as 2026-11-22T08:00:00.000Z";

/** What came out, without the fields that are undefined. */
export function parse(body: string): unknown {
  const parsed = parsePayloads(body);
  return { ...parsed, accepted: parsed.accepted.map(defined) };
}

function defined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(defined);
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== undefined).map((
      [name, field],
    ) => [name, defined(field)]),
  );
}
