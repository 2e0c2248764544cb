import { NewerDatabase, readSchemaState } from "../db/releases.ts";
import { log, redact } from "../log.ts";
import { type Job, type JobContext, JOBS } from "./jobs.ts";

/** One run of one job. */
export interface JobRun {
  job: string;
  /** What the job was about: events, sessions, days, tables. */
  rows: number;
  seconds: number;
  /** Why it failed; missing when it did not. */
  error?: string;
}

/**
 * Runs a job and records it in `job_runs`.
 *
 * @throws What the job threw, after recording it
 */
export async function runJob(job: Job, context: JobContext): Promise<JobRun> {
  const started = performance.now();
  const seconds = () => Math.round(performance.now() - started) / 1000;
  let record: { id: number } | undefined;
  const finish = (rows: number, error: string | null) =>
    context.db.query(
      "update job_runs set finished_at = clock_timestamp(), row_count = $2, error = $3 where id = $1",
      [
        record?.id,
        rows,
        error,
      ],
    );
  try {
    [record] = await context.db.query("insert into job_runs (job) values ($1) returning id", [job.name]);
    const rows = await job.run(context);
    await finish(rows, null);
    // Most minutes have nothing to do, which is no news.
    log[rows > 0 ? "info" : "debug"]("job done", { job: job.name, rows, seconds: seconds() });
    return { job: job.name, rows, seconds: seconds() };
  } catch (error) {
    log.error("job failed", { job: job.name, seconds: seconds(), error });
    // The first error is the one to tell; that it could not be recorded follows from it.
    if (record) await finish(0, redact((error as Error).message)).catch(() => {});
    throw error;
  }
}

/**
 * Runs every job once, in order. One that fails does not keep the next from running.
 *
 * @throws {NewerDatabase} If a newer release has migrated the database: its jobs are others
 */
export async function runAllJobs(context: JobContext): Promise<JobRun[]> {
  // What else is wrong with the database, each job says.
  const state = await readSchemaState(context.db).catch(() => undefined);
  if (state?.newer) throw new NewerDatabase("run the jobs", state.newer);
  const runs: JobRun[] = [];
  for (const job of JOBS) {
    if (context.signal.aborted) break;
    try {
      runs.push(await runJob(job, context));
    } catch (error) {
      runs.push({ job: job.name, rows: 0, seconds: 0, error: redact((error as Error).message) });
    }
  }
  return runs;
}
