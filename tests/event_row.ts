import type { EventRow } from "../db/event_row.ts";

/** A pageview's row as the collector makes it, with an id of its own. */
export function eventRow(path: string, fields: Partial<EventRow> = {}): EventRow {
  return {
    event_id: crypto.randomUUID(),
    event_type: "pageview",
    session_id: "sess_1",
    visitor_id: "vis_1",
    site_id: "example-com",
    timestamp: "2026-03-10T12:00:00.000Z",
    url: null,
    path,
    user_agent: null,
    ip_address: null,
    raw_event_data: {},
    bot: null,
    ...fields,
  };
}
