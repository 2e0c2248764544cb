import { redact } from "../log.ts";
import type { Asked, Database } from "./database.ts";
import { countDaysToRollUp, type Rebuild, unfinishedRebuild } from "./rebuild.ts";

/** Events of one type that wait for the ETL. */
export interface PendingEvents {
  eventType: string;
  count: number;
  oldest: Date;
  ageSeconds: number;
}

/** A job's last run. */
export interface LastRun {
  job: string;
  startedAt: Date;
  /** Null while it runs, or when its process died. */
  finishedAt: Date | null;
  rows: number | null;
  seconds: number | null;
  error: string | null;
}

export interface EtlStatus {
  pending: PendingEvents[];
  jobs: LastRun[];
  /** Days of sites that the next roll-up is going to recompute. */
  staleDays: number;
  /** The rebuild of session rows that is under way; null where none is. */
  rebuild: Rebuild | null;
  /** Events that could not be processed, and were set aside with their reason. */
  failedEvents: number;
}

/** How far the ETL is. @param timeout longest time of one statement, in milliseconds */
export async function readEtlStatus(db: Asked, timeout?: number): Promise<EtlStatus> {
  const pending = await db.query<PendingEvents>(
    `select event_type as "eventType", count(*) as count, min(created_at) as oldest,
       round(extract(epoch from now() - min(created_at)), 3) as "ageSeconds"
     from events_log where processed_at is null group by event_type order by count(*) desc, event_type`,
    [],
    { timeout },
  );
  const jobs = await db.query<LastRun>(
    `select distinct on (job) job, started_at as "startedAt", finished_at as "finishedAt", row_count as rows,
       round(extract(epoch from finished_at - started_at), 3) as seconds, error
     from job_runs order by job, started_at desc, id desc`,
    [],
    { timeout },
  );
  const [failed] = await db.query<{ events: number }>(
    "select count(*) as events from failed_events",
    [],
    { timeout },
  );
  return {
    pending,
    jobs: jobs.map((run) => ({ ...run, error: run.error && redact(run.error) })),
    staleDays: await countDaysToRollUp(db, timeout),
    rebuild: await unfinishedRebuild(db, timeout) ?? null,
    failedEvents: failed!.events,
  };
}

/** A job's last run that did not fail. */
export interface LastSuccess {
  job: string;
  finishedAt: Date;
  seconds: number;
}

/** @param timeout longest time of the statement, in milliseconds */
export async function readLastSuccesses(db: Database, timeout?: number): Promise<LastSuccess[]> {
  return await db.query<LastSuccess>(
    `select distinct on (job) job, finished_at as "finishedAt",
       round(extract(epoch from finished_at - started_at), 3) as seconds
     from job_runs where finished_at is not null and error is null order by job, started_at desc, id desc`,
    [],
    { timeout },
  );
}
