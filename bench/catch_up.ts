import type { Database } from "../db/database.ts";
import { openDatabase } from "../db/open.ts";
import { JOBS } from "../etl/jobs.ts";
import type { Backlog } from "./backlog.ts";
import { secondsOf, withBenchDatabase } from "./database.ts";

/** From raw to shown: how long a backlog takes, with the roll-ups of its days, and how much of that is writing session rows. */
export async function measureCatchUp(serverUrl: string, backlog: Backlog): Promise<string> {
  return await withBenchDatabase(serverUrl, async (db, url) => {
    await backlog.add(db, 0);
    await db.exec("analyze events_log_pending; checkpoint");
    const seconds: Record<string, number> = {};
    {
      // Its connections report the time of functions when they are closed.
      await using timed = await openDatabase(withFunctionTimes(url), { poolSize: 4, statementTimeout: 0 });
      for (const job of ["process-events", "daily-metrics"]) {
        seconds[job] = await secondsOf(() => runJob(timed, job));
      }
    }
    const [time] = await db.query<{ rows: number; all: number }>(
      `select sum(total_time) filter (where funcname = 'write_session_rows') as rows,
         sum(total_time) filter (where funcname = 'process_whole_range') as all
       from pg_stat_user_functions`,
    );
    const { "process-events": processed, "daily-metrics": rolledUp } = seconds as Record<string, number>;
    return `raw to shown: ${(processed! + rolledUp!).toFixed(2)} s; process-events ${
      processed!.toFixed(2)
    } s, ` +
      `of which ${Math.round(100 * time!.rows / time!.all)} % are session rows, ` +
      `daily-metrics ${rolledUp!.toFixed(2)} s`;
  });
}

function withFunctionTimes(url: string): string {
  const timed = new URL(url);
  timed.searchParams.set("options", "-c track_functions=pl");
  return timed.href;
}

async function runJob(db: Database, name: string): Promise<void> {
  const job = JOBS.find((job) => job.name === name)!;
  await job.run({ db, retentionDays: 90, signal: new AbortController().signal, whenBusy: "wait" });
}
