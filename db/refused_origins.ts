import { log } from "../log.ts";
import type { Availability } from "./availability.ts";
import { type Asked, type Database, DatabaseUnavailable } from "./database.ts";

/** Events of the last day that were refused because their site does not list the origin of their page. */
export interface RefusedOrigin {
  site: string;
  /** As `https://shop.example`; `null` for pages without one; `""` for all that were not kept by name. */
  origin: string;
  events: number;
}

// A collector that dies loses at most the counts of this time.
const FLUSH_MS = 10_000;
const TIMEOUT_MS = 2_000;
// Strangers choose them: of one site, in memory until the next flush, and in the table for an hour.
const MAX_ORIGINS = 20;

/** Counts refused origins in memory and adds the counts to `refused_origins` in batches. */
export class RefusedOrigins {
  readonly #db: Database;
  readonly #availability: Availability;
  /** By site, then by origin. Only sites that were added are counted, so they are as many as the owner's. */
  #counts = new Map<string, Map<string, number>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(db: Database, availability: Availability) {
    this.#db = db;
    this.#availability = availability;
  }

  /** @param origin `""` where it is no origin that could be shown */
  add(site: string, origin: string, events: number): void {
    let origins = this.#counts.get(site);
    if (origins === undefined) this.#counts.set(site, origins = new Map());
    const kept = origins.has(origin) || origins.size < MAX_ORIGINS ? origin : "";
    origins.set(kept, (origins.get(kept) ?? 0) + events);
    if (!this.#isClosed) this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  /** Adds what was counted to the table. While the database is away the counts wait; never throws. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counts = this.#counts;
    if (counts.size === 0) return;
    this.#counts = new Map();
    try {
      if (this.#availability.absence) throw new DatabaseUnavailable(this.#availability.absence.reason);
      await store(this.#db, counts);
    } catch (error) {
      if (error instanceof DatabaseUnavailable) this.#addAgain(counts);
      else log.error("refused origins could not be counted", { error });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
  }

  #addAgain(counts: Map<string, Map<string, number>>): void {
    for (const [site, origins] of counts) {
      for (const [origin, events] of origins) this.add(site, origin, events);
    }
  }
}

async function store(db: Database, counts: Map<string, Map<string, number>>): Promise<void> {
  const given = [...counts].flatMap(([site, origins]) =>
    [...origins].map(([origin, events]) => ({ site, origin, events }))
  );
  await db.transaction(async (tx) => {
    // One collector after the other, so that none adds an origin beyond the limit that another has just reached.
    await tx.query("select pg_advisory_xact_lock(hashtextextended('footfall:refused-origins', 0))");
    await tx.query(
      `insert into refused_origins as counted (site_id, hour, origin, events)
       select site, this_hour, case when place <= ${MAX_ORIGINS} then origin else '' end, sum(events)
       from (
         select g.site, g.origin, g.events, this_hour,
           case when known.origin is not null then 0
             else (select count(*) from refused_origins k where k.site_id = g.site and k.hour = this_hour and k.origin <> '')
               + row_number() over (partition by g.site, known.origin is null order by g.events desc, g.origin)
           end as place
         from date_trunc('hour', now(), 'UTC') as this_hour
         cross join jsonb_to_recordset($1::jsonb) as g(site text, origin text, events bigint)
         left join refused_origins known on known.site_id = g.site and known.hour = this_hour and known.origin = g.origin
       ) placed
       group by 1, 2, 3
       on conflict (site_id, hour, origin) do update set events = counted.events + excluded.events`,
      [JSON.stringify(given)],
    );
  }, { statementTimeout: TIMEOUT_MS });
}

/** The refused origins of the last 24 hours, the most frequent first. @param site all of them if undefined */
export async function listRefusedOrigins(db: Asked, site?: string): Promise<RefusedOrigin[]> {
  return await db.query<RefusedOrigin & Record<string, unknown>>(
    `select site_id as site, origin, sum(events)::bigint as events
     from refused_origins
     where hour > now() - interval '1 day' and ($1::text is null or site_id = $1)
     group by site_id, origin
     order by events desc, site_id, origin`,
    [site ?? null],
  );
}
