import type { Database, Queryable } from "../db/database.ts";
import { removeUnusedValues } from "../db/dictionary.ts";
import { countDaysToRollUp, REBUILD_WORKERS, rebuildSlice } from "../db/rebuild.ts";
import { applyRetention } from "../db/retention.ts";
import type { Spool } from "../db/spool.ts";
import { log } from "../log.ts";
import type { Canary } from "./canary.ts";

/** What a job works with. */
export interface JobContext {
  db: Database;
  retentionDays: number;
  /** The jobs stop between two batches when it aborts. */
  signal: AbortSignal;
  /**
   * What to do while the same job runs elsewhere: a cron lets it be and does nothing, a person who asks for a run
   * waits, since afterwards everything should be done.
   */
  whenBusy: "skip" | "wait";
  spool?: Spool;
  /** For the job of that name. */
  canary?: Canary;
  /** Told after each batch how many raw events the run has processed, and how many of those that waited still do. */
  onProgress?: (processed: number, waiting: number) => void;
}

export interface Job {
  name: string;
  /** When it runs by itself: a cron expression, in UTC. */
  schedule: string;
  /** Does the work; answers how many rows it was about. */
  run(context: JobContext): Promise<number>;
}

// Large enough that a batch's fixed costs vanish, small enough to be done in seconds and to leave memory alone: `deno task
// bench etl` shows 1,000, 10,000 and 50,000 side by side.
const BATCH_SIZE = 10_000;
// Half of the connections of a small pool; the other half keeps collecting.
const WORKERS = 2;
// The next minute's run follows anyway.
const PROCESS_MS = 50_000;
// After an upgrade every day of every site is marked, and each call reads all marks: 0.9 s next to 11 s for 300 days.
const DAYS_AT_ONCE = 500;
// The next run of daily-metrics follows after five minutes.
const REBUILD_MS = 4 * 60_000;
const SPOOL_WARNING_MS = 5 * 60_000;
const NO_LIMIT = { statementTimeout: 0 };
// A batch commits without waiting for the disk. A crash undoes it as a whole: its raw events wait again, and make the same rows.
const COMMIT_LATER = "set local synchronous_commit = off";

/** Every job, in the order in which a run of all of them goes. */
export const JOBS: readonly Job[] = [
  { name: "process-events", schedule: "* * * * *", run: processEvents },
  {
    name: "update-sessions",
    schedule: "*/5 * * * *",
    run: (context) => callLocked(context, "update-sessions", "end_idle_sessions()"),
  },
  {
    // `daily_site_metrics` is at most this old. Questions do not wait for it: they read rows of days that are not rolled up.
    name: "daily-metrics",
    schedule: "*/5 * * * *",
    run: rollUp,
  },
  { name: "cleanup", schedule: "30 3 * * *", run: cleanUp },
  { name: "maintenance", schedule: "30 4 * * SUN", run: maintain },
];

async function processEvents(context: JobContext): Promise<number> {
  warnOfSpool(context.spool);
  // A cron comes again in a minute; a person wants all that waits now to be done, however long that takes.
  const isCron = context.whenBusy === "skip";
  const until = isCron ? performance.now() + PROCESS_MS : Infinity;
  const backlog = isCron ? Infinity : await countPending(context.db);
  let processed = 0;
  const note = (rows: number) => {
    processed += rows;
    context.onProgress?.(processed, Math.max(0, backlog - processed));
  };
  const isOver = () => context.signal.aborted || performance.now() >= until;
  while (!isOver()) {
    // More than a batch waits: several workers, each in lanes of its own, until it is gone.
    if (context.db.connections > 1 && await exceedsBatch(context.db)) {
      const isDone = () => isOver() || processed >= backlog;
      await Promise.all(
        Array.from({ length: WORKERS }, (_, worker) => processBacklog(context.db, worker, isDone, note)),
      );
      if (isOver()) break;
    }
    const rows = await callLocked(context, "process-events", `process_events(${BATCH_SIZE})`);
    note(rows);
    // Nothing else waited. What has come since is the next run's: under load there is always more.
    if (rows < BATCH_SIZE) break;
  }
  // A person's run ends with cleanup, which does this.
  if (isCron && processed > 0) await summarize(context);
  if (isEmbedded(context.db)) await vacuumChanged(context.db);
  return processed;
}

async function countPending(db: Database): Promise<number> {
  const [row] = await db.transaction(
    (tx) => tx.query<{ rows: number }>("select count(*) as rows from events_log_pending"),
    NO_LIMIT,
  );
  return row!.rows;
}

async function exceedsBatch(db: Database): Promise<boolean> {
  const [row] = await db.query<{ more: boolean }>(
    `select count(*) > ${BATCH_SIZE} as more from (select from events_log_pending limit ${
      BATCH_SIZE + 1
    }) oldest`,
  );
  return row!.more;
}

async function processBacklog(
  db: Database,
  worker: number,
  isDone: () => boolean,
  note: (rows: number) => void,
): Promise<void> {
  let reached = 0;
  while (!isDone()) {
    const [row] = await db.transaction(async (tx) => {
      await tx.exec(COMMIT_LATER);
      return await tx.query<{ rows: number; reached: number }>(
        "select rows, reached from process_beside_others($1, $2, $3)",
        [BATCH_SIZE, worker, reached],
      );
    }, NO_LIMIT);
    if (row!.rows === 0) break;
    reached = row!.reached;
    note(row!.rows);
  }
}

/** Goes on with a rebuild, if one is under way, then rolls up what is marked and over, the latest days first. */
async function rollUp(context: JobContext): Promise<number> {
  await rebuild(context);
  let written = 0;
  for (
    let left = await countDaysToRollUp(context.db);
    left > 0 && !context.signal.aborted;
    left -= DAYS_AT_ONCE
  ) {
    written += await callLocked(context, "daily-metrics", "roll_up_stale_days($1)", [DAYS_AT_ONCE]);
  }
  if (isEmbedded(context.db)) await vacuumChanged(context.db);
  return written;
}

/**
 * Writes session rows again, slice by slice, until the rebuild is done; a cron stops after some minutes and goes on with its next run.
 *
 * @returns how many sessions
 */
export async function rebuild(context: Pick<JobContext, "db" | "signal" | "whenBusy">): Promise<number> {
  const until = context.whenBusy === "skip" ? performance.now() + REBUILD_MS : Infinity;
  let written = 0;
  await Promise.all(Array.from({ length: Math.min(REBUILD_WORKERS, context.db.connections) }, async () => {
    while (!context.signal.aborted && performance.now() < until) {
      const sessions = await context.db.transaction(rebuildSlice, NO_LIMIT);
      if (sessions === null) break;
      written += sessions;
    }
  }));
  return written;
}

async function cleanUp(context: JobContext): Promise<number> {
  const ask = <T>(expression: string, params: unknown[]) =>
    valueLocked<T>(context, "cleanup", expression, params);
  await callLocked(context, "cleanup", "sort_closed_months()");
  const purged = await applyRetention(ask, context.retentionDays, context.signal);
  await callLocked(context, "cleanup", "index_closed_months()");
  await summarize(context);
  return purged;
}

function summarize(context: JobContext): Promise<number> {
  return callLocked(context, "summarize", "summarize_months()");
}

const TABLES = [
  "events_log",
  "user_sessions",
  "pageviews",
  "user_events",
  "form_submissions",
  "daily_site_metrics",
  "dictionary",
  "session_rows",
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
  "user_agents",
];

/** The embedded database has one connection, and no autovacuum. */
const isEmbedded = (db: Database) => db.connections === 1;

/** Vacuums the tables whose rows are written again and again. */
async function vacuumChanged(db: Database): Promise<void> {
  // Its statistics are written when it is idle, which it is not between two statements of ours.
  await db.query("select pg_stat_force_next_flush()");
  const changed = await db.query<{ name: string }>(
    `select relname as name from pg_stat_user_tables
     where relname in ('user_sessions', 'session_rows', 'pageviews', 'stale_days', 'hourly_values', 'hourly_site_metrics')
       and n_dead_tup > 1000 + n_live_tup / 5`,
  );
  for (const { name } of changed) await db.exec(`vacuum ${name}`);
}

async function maintain({ db, signal }: JobContext): Promise<number> {
  const embedded = isEmbedded(db);
  for (const table of TABLES) {
    if (!signal.aborted) await db.exec(`${embedded ? "vacuum analyze" : "analyze"} ${table}`);
  }
  if (!signal.aborted) {
    await db.transaction((tx) => tx.query("select retire_unused_values()"), NO_LIMIT);
    await removeUnusedValues(db);
  }
  return TABLES.length + (embedded || !isFirstSunday(new Date()) ? 0 : await rebuildBloated(db, signal));
}

async function rebuildBloated(db: Database, signal: AbortSignal): Promise<number> {
  const bloated = await db.query<{ name: string; bytes: number }>(
    "select name, bytes from bloated_indexes()",
  );
  for (const { name, bytes } of bloated) {
    if (signal.aborted) break;
    log.info("rebuilding a bloated index", { index: name, bytes });
    await db.exec(`reindex index concurrently ${name}`);
  }
  return bloated.length;
}

function isFirstSunday(date: Date): boolean {
  return date.getUTCDay() === 0 && date.getUTCDate() <= 7;
}

/** Calls one of our SQL functions that answer a number; 0 where the job runs elsewhere. */
async function callLocked(
  context: JobContext,
  job: string,
  call: string,
  params: unknown[] = [],
): Promise<number> {
  return await valueLocked<number>(context, job, call, params) ?? 0;
}

/**
 * Evaluates an expression of SQL, alone: under the job's lock, in a transaction of its own.
 *
 * @returns null where the job runs elsewhere, and is to be let be
 */
async function valueLocked<T>(
  context: JobContext,
  job: string,
  expression: string,
  params: unknown[],
): Promise<T | null> {
  return await context.db.transaction(async (tx: Queryable) => {
    const lock = `hashtextextended('footfall:${job}', 0)`;
    if (job === "process-events") await tx.exec(COMMIT_LATER);
    if (context.whenBusy === "wait") await tx.exec(`select pg_advisory_xact_lock(${lock})`);
    const [row] = await tx.query<{ alone: boolean; value: T | null }>(
      `select alone, case when alone then ${expression} end as value
       from (select pg_try_advisory_xact_lock(${lock}) as alone offset 0) lock`,
      params,
    );
    if (!row!.alone) log.debug("the job runs elsewhere", { job });
    return row!.value;
  }, NO_LIMIT);
}

function warnOfSpool(spool: Spool | undefined): void {
  const oldest = spool?.oldest;
  if (oldest && Date.now() - oldest.getTime() > SPOOL_WARNING_MS) {
    log.warn("events have waited in the spool for long", { events: spool!.size, oldest });
  }
}
