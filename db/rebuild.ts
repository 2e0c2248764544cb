import type { Asked } from "./database.ts";

/** Which sessions are written again: those that start in `[starts, ends)`, moments as Postgres writes them. */
export interface RebuildRange {
  /** Null: every site. */
  site: string | null;
  starts: string;
  ends: string;
}

/** A rebuild of session rows that is not finished. */
export interface Rebuild extends RebuildRange {
  /** Sessions that start at this moment or later are done; of earlier months some may be, too. */
  reached: Date;
  startedAt: Date;
  /** After an upgrade, sessions that it has not reached have no rows yet. */
  isUpgrade: boolean;
}

/** The rebuild that is under way, or undefined. @param timeout longest time of the statement, in milliseconds */
export async function unfinishedRebuild(db: Asked, timeout?: number): Promise<Rebuild | undefined> {
  const [row] = await db.query<Rebuild>(
    `select site_id as site, min(starts)::text as starts, max(ends)::text as ends,
       least(max(reached) filter (where finished_at is null), now()) as reached, started_at as "startedAt", is_upgrade as "isUpgrade"
     from rebuilds
     where started_at in (select started_at from rebuilds where finished_at is null)
     group by site_id, started_at, is_upgrade`,
    [],
    { timeout },
  );
  // Through the dev server, times come as text.
  return row && { ...row, reached: new Date(row.reached), startedAt: new Date(row.startedAt) };
}

/**
 * The sessions of some days, both included and each the site's own. Of all sites the days are UTC's and a day more at both ends, so
 * that they contain each site's.
 */
export async function rangeOfDays(
  db: Asked,
  site: string | null,
  from: string | undefined,
  to: string | undefined,
): Promise<RebuildRange> {
  const [bounds] = await db.query<Omit<RebuildRange, "site">>(
    `select coalesce((select starts from day_bounds($1, array[$2::date - $4::integer])), '-infinity')::text as starts,
       coalesce((select ends from day_bounds($1, array[$3::date + $4::integer])), 'infinity')::text as ends`,
    [site, from ?? null, to ?? null, site === null ? 1 : 0],
  );
  return { site, ...bounds! };
}

const IN_RANGE =
  "($1::text is null or site_id = $1) and session_start >= $2::timestamptz and session_start < $3::timestamptz";

export async function countSessions(db: Asked, { site, starts, ends }: RebuildRange): Promise<number> {
  const [row] = await db.query<{ sessions: number }>(
    `select count(*) as sessions from user_sessions where ${IN_RANGE}`,
    [site, starts, ends],
  );
  return row!.sessions;
}

/** Whether each session of `wanted` is also one of `range`. */
export async function covers(db: Asked, range: RebuildRange, wanted: RebuildRange): Promise<boolean> {
  if (range.site !== null && range.site !== wanted.site) return false;
  const [row] = await db.query<{ more: boolean }>(
    `select exists (
       select from user_sessions
       where ${IN_RANGE} and (session_start < $4::timestamptz or session_start >= $5::timestamptz)
     ) as more`,
    [wanted.site, wanted.starts, wanted.ends, range.starts, range.ends],
  );
  return !row!.more;
}

/** Begins a rebuild. Returns false where one is under way, or no session is in the range. */
export async function beginRebuild(db: Asked, { site, starts, ends }: RebuildRange): Promise<boolean> {
  const [row] = await db.query<{ begun: boolean }>(
    "select begin_rebuild($1, $2::timestamptz, $3::timestamptz) as begun",
    [site, starts, ends],
  );
  return row!.begun;
}

/** Does the next slice. Returns how many sessions it was about; null where no month is left that no other process is at. */
export async function rebuildSlice(db: Asked): Promise<number | null> {
  const [slice] = await db.query<{ sessions: number | null }>("select rebuild_slice($1) as sessions", [
    SLICE,
  ]);
  return slice!.sessions;
}

/** How many processes or connections it is done by: as many as a small server has cores. */
export const REBUILD_WORKERS = 2;

/** Sessions; half a second of work. */
const SLICE = 4_000;

/** How many days of sites the next roll-up is going to recompute. @param timeout longest time of the statement, in milliseconds */
export async function countDaysToRollUp(db: Asked, timeout?: number): Promise<number> {
  const [marked] = await db.query<{ days: number }>(
    "select count(*) as days from marked_days(1000000) where is_over or not is_counted",
    [],
    { timeout },
  );
  return marked!.days;
}

/** How many bytes a rebuild of some sessions may need at most: as if each row and each roll-up of their days were written anew. */
export async function estimateBytes(db: Asked, sessions: number): Promise<number> {
  const [row] = await db.query<{ bytes: number }>(
    `select least(1, $1::float8 / greatest(1, (select reltuples from pg_class where oid = 'user_sessions'::regclass)))
       * greatest(
         (select sum(pg_total_relation_size(name)) from unnest($2::regclass[]) as name),
         (select sum(pg_total_relation_size(name)) from unnest($3::regclass[]) as name) / ${FACTS_BY_ROWS}
       ) as bytes`,
    [sessions, ROWS, FACTS],
  );
  return row!.bytes;
}

const ROWS = [
  "session_rows",
  "dictionary",
  "hourly_site_metrics",
  "daily_values",
  "hourly_values",
  "daily_scroll",
  "daily_properties",
  "daily_forms",
  "daily_form_fields",
  "daily_revenue",
  "visitor_days",
  "visitor_returns",
  "visitor_cohorts",
];
const FACTS = ["user_sessions", "pageviews", "user_events", "form_submissions"];
// After an upgrade there are no rows to measure. Of made-up visits, rows and roll-ups take a fifth of what the facts take.
const FACTS_BY_ROWS = 4;
