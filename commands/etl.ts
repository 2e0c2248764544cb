/** `deno task etl`: every job once, now. */
import { askDevServer, findDevServer } from "../dev_server.ts";
import { isEmbedded } from "../db/open.ts";
import { readConfig } from "../config.ts";
import { type JobRun, runAllJobs } from "../etl/run.ts";
import { CommandError, formatTable, requireMigrated, runCommand, withDatabase } from "./command.ts";
import { ProgressLine } from "./progress.ts";

await runCommand(async () => {
  const runs = await runJobs();
  const table = formatTable(
    runs.map(({ job, rows, seconds, error }) => ({ job, rows, seconds, error: error ?? "" })),
  );
  if (runs.some(({ error }) => error !== undefined)) throw new CommandError(table);
  return table;
});

async function runJobs(): Promise<JobRun[]> {
  // Only one process can have the embedded database open: where the dev server has it, that one runs the jobs.
  const devServer = isEmbedded(readConfig("task").database) ? await findDevServer() : undefined;
  if (devServer) return (await askDevServer<{ jobs: JobRun[] }>(devServer, "/etl/run")).jobs;
  return await withDatabase(async (db, { retentionDays }) => {
    await requireMigrated(db);
    const stopping = new AbortController();
    Deno.addSignalListener("SIGINT", () => stopping.abort());
    const progress = new ProgressLine("rows");
    return await runAllJobs({
      db,
      retentionDays,
      signal: stopping.signal,
      whenBusy: "wait",
      onProgress: (processed, waiting) => progress.show(processed, processed + waiting),
    });
  });
}
