import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** Whose events: those of a visitor, of a site, or of a visitor on a site. */
export type SpoolKey = { visitorId: string; siteId?: string } | { visitorId?: undefined; siteId: string };

// A collector that writes holds the file for milliseconds.
const BUSY_TIMEOUT_MS = 5_000;
const REWRITTEN_BYTES = 16 * 1024 ** 2;
const TABLES = ["events", "refused"] as const;
// A line may be damaged: then it is nobody's.
const IS_OF_KEY = `
  case when json_valid(event) then
    ($visitor is null or event ->> '$.row.visitor_id' = $visitor) and ($site is null or event ->> '$.row.site_id' = $site)
  else false end`;

/** The events that wait in a spool, or were refused, as the text of their JSON; empty where there is no file. */
export function readSpooled(path: string, key: SpoolKey): string[] {
  return withSpool(
    path,
    [],
    (sqlite) =>
      TABLES.flatMap((table) =>
        sqlite.prepare(`select event from ${table} where ${IS_OF_KEY} order by place`)
          .all(parameters(key)).map(({ event }) => String(event))
      ),
  );
}

/**
 * Removes events from a spool, also while a collector uses it: places are never given twice, so the
 * collector, which forgets events by their place, does not notice. What it has read a moment before it still stores.
 *
 * @returns how many went, and the last place that the spool had given until then: once the collector is past it, nothing
 * of them is on its way
 */
export function eraseSpooled(path: string, key: SpoolKey): { events: number; lastPlace: number } {
  return withSpool(path, { events: 0, lastPlace: 0 }, (sqlite) => {
    sqlite.exec("begin immediate");
    const last = sqlite.prepare("select max(place) as place from events").get();
    const changes = TABLES.map((table) =>
      Number(sqlite.prepare(`delete from ${table} where ${IS_OF_KEY}`).run(parameters(key)).changes)
    );
    sqlite.exec("commit");
    const pages = sqlite.prepare(
      "select page_count * page_size as bytes from pragma_page_count, pragma_page_size",
    ).get();
    // What was deleted, now or when it went to Postgres, stays readable in the file until that is written anew. A large one
    // would keep the collector from writing for long; that one is written anew by the collector when it is empty.
    if (Number(pages?.bytes) <= REWRITTEN_BYTES) sqlite.exec("vacuum; pragma wal_checkpoint(truncate)");
    return { events: changes.reduce((sum, count) => sum + count), lastPlace: Number(last?.place ?? 0) };
  });
}

/** Whether events of a place up to `place` still wait. */
export function waitsUpTo(path: string, place: number): boolean {
  return withSpool(
    path,
    false,
    (sqlite) => sqlite.prepare("select 1 from events where place <= ? limit 1").get(place) !== undefined,
  );
}

function parameters({ visitorId, siteId }: SpoolKey): Record<string, string | null> {
  return { $visitor: visitorId ?? null, $site: siteId ?? null };
}

function withSpool<T>(path: string, without: T, work: (sqlite: DatabaseSync) => T): T {
  if (!existsSync(path)) return without;
  const sqlite = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    const made = sqlite.prepare(
      "select count(*) as tables from sqlite_schema where name in ('events', 'refused')",
    ).get();
    return made?.tables === TABLES.length ? work(sqlite) : without;
  } finally {
    sqlite.close();
  }
}
