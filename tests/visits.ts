import type { Database } from "../db/database.ts";
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

/** Events of several visitors in turn: pageviews, exits, forms, batches; each with an id, so that a second try is known. */
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
    switch (pick(["pageview", "pageview", "form", "batch", "broken"])) {
      case "pageview":
        return pageview({ ...common, path });
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
       and c.relname !~ '^events_log' and c.relname not in ('sites', 'stale_days')
     order by 1`,
  );
  const facts: Record<string, unknown[]> = {};
  for (const { name } of tables) {
    facts[name] = (await db.query<{ row: unknown }>(
      `select to_jsonb(t) - 'id' - 'failed_at' as row from ${name} t order by (to_jsonb(t) - 'id' - 'failed_at')::text`,
    )).map(({ row }) => row);
  }
  return facts;
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
