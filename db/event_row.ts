/** A row of `events_log` on its way in, as `store_events` takes it. */
export interface EventRow {
  event_id: string;
  event_type: string;
  session_id: string;
  visitor_id: string;
  site_id: string;
  /** ISO 8601, UTC. */
  timestamp: string;
  url: string | null;
  path: string | null;
  user_agent: string | null;
  ip_address: string | null;
  raw_event_data: unknown;
  /** The bot that sent it, or why it is taken for one's; null for a person's or a server's, and for events of older releases. */
  bot: string | null;
}

/** A row of `user_agents`: a user agent string, read. Null where the string does not tell. */
export interface AgentRow {
  user_agent: string;
  browser: string | null;
  browser_version: string | null;
  os: string | null;
  os_version: string | null;
  /** `desktop` where nothing says otherwise; `bot` for crawlers, link previews, monitors and headless browsers. */
  device_type: string;
  is_bot: boolean;
}

/** An event to store, with what the writer needs to know about it. */
export interface NewEvent {
  row: EventRow;
  /** What its user agent string means; null where it came without. */
  agent: AgentRow | null;
}

/**
 * An event on its way: its row as JSON, written once and used for as many tries as it takes. The objects that it was
 * made of can go: while events wait for their commit, the garbage collector copies all that they hold on to.
 */
export interface StorableEvent {
  id: string;
  json: string;
  agent: AgentRow | null;
}

export function storable({ row, agent }: NewEvent): StorableEvent {
  return { id: row.event_id, json: JSON.stringify(row), agent };
}
