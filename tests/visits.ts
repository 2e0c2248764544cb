import type { Database } from "../db/database.ts";
import { SESSION_DIMENSIONS } from "../db/stats/query.ts";
import { at, batch, pageview } from "./fixtures.ts";

type Event = Record<string, unknown>;

/** Some visits: of which sites, sessions and visitors, over how long. */
export interface VisitOptions {
  seed: number;
  events: number;
  sites: string[];
  visitors: string[];
  /** Of each visitor; or, where `shared`, of all of them together. */
  sessions: number;
  shared: boolean;
}

/** A number from 0 to 1 from a seed, the same each time (a linear congruential generator, Numerical Recipes). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Events of several visitors in turn, and of a bot, in shared sessions among them: pageviews, exits, forms, batches; each with an id, so that a second try is known. */
export function mixedVisits({ seed, events, sites, visitors, sessions, shared }: VisitOptions): Event[] {
  const random = randomFrom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  return Array.from({ length: events }, (_, i) => {
    const visitorId = pick(visitors);
    const second = Math.floor(random() * 200_000);
    const common = {
      eventId: `01900000-0000-7000-8000-${String(seed * 10_000 + i).padStart(12, "0")}`,
      siteId: pick(sites),
      visitorId,
      sessionId: `sess_${shared ? "" : `${visitorId}_`}${Math.floor(random() * sessions)}`,
      timestamp: at(second),
    };
    const path = pick(["/", "/a", "/b"]);
    switch (pick(["pageview", "pageview", "form", "batch", "broken", "bot"])) {
      case "pageview":
        return pageview({ ...common, path });
      case "bot":
        return pageview({
          ...common,
          path,
          visitorId: "robot",
          sessionId: shared ? common.sessionId : "sess_robot",
          browser: { userAgent: "Examplebot/1.0" },
        });
      case "form":
        return pageview({
          ...common,
          path,
          eventType: "form_submit",
          eventData: { formId: "contact", formData: { name: visitorId } },
        });
      case "batch":
        return batch([
          { eventType: "click", timestamp: at(second - 5), eventData: { tagName: "A", text: visitorId } },
          { eventType: "page_exit", timestamp: at(second), eventData: { timeSpent: 5_000 }, path },
        ], common);
      default:
        return batch(
          [{ eventType: "scroll", timestamp: at(second), eventData: {} }, { noType: visitorId }],
          common,
        );
    }
  });
}

/**
 * Every row of every table that is about visits, without the ids that tell only which row came when. Raw events are left out,
 * and what the jobs keep for themselves.
 */
export async function factsOf(db: Database): Promise<Record<string, unknown[]>> {
  const tables = await db.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'site_id'
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
       and c.relname !~ '^events_log' and c.relname not in ('sites', 'stale_days', 'rebuilds')
     order by 1`,
  );
  const texts = await dictionaryOf(db);
  const facts: Record<string, unknown[]> = {};
  for (const { name } of tables) {
    const rows = await db.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(t) - 'id' - 'failed_at' as row from ${rowsOf(name)} t`,
    );
    facts[name] = rows.map(({ row }) => withTexts(row, texts)).sort((a, b) =>
      compare(JSON.stringify(a), JSON.stringify(b))
    );
  }
  return facts;
}

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;

/** What to read a table's rows from: of values side by side a row each, since their order says nothing. */
export const rowsOf = (table: string) =>
  /^(daily|hourly)_values$/.test(table) ? table.replace("values", "value_sums") : table;

/** The texts of the dictionary, by site and number. */
export async function dictionaryOf(db: Database): Promise<Map<string, string>> {
  const values = await db.query<{ site_id: string; value_id: number; value: string }>(
    "select site_id, value_id, value from dictionary",
  );
  return new Map(values.map(({ site_id, value_id, value }) => [`${site_id} ${value_id}`, value]));
}

/** The row with the texts that its numbers stand for. */
export function withTexts(row: Record<string, unknown>, texts: Map<string, string>): Record<string, unknown> {
  // Of these the numbers are seconds.
  if (["duration", "engaged"].includes(String(row.dimension))) return row;
  const isNumbered = (column: string) =>
    ["value_id", "page", "page_ids", "event_ids", "entry_page", "exit_page", "referrer_type"].includes(
      column,
    ) ||
    ("page_ids" in row && (SESSION_DIMENSIONS as readonly string[]).includes(column));
  const textOf = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(textOf)
      : typeof value === "number"
      ? texts.get(`${row.site_id} ${value}`)
      : value;
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, isNumbered(column) ? textOf(value) : value]),
  );
}

/** The tables in which some row has the text in it, in whatever column. */
export async function tablesWith(db: Database, text: string): Promise<string[]> {
  const tables = await db.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await db.query(`select from ${name} t where strpos(t::text, $1) > 0 limit 1`, [text]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}
