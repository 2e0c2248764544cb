/** `deno task etl`: every job once, now. */
import { askDevServer } from "../dev_server.ts";
import { type JobRun, runAllJobs } from "../etl/run.ts";
import { formatTable } from "./command.ts";
import { ProgressLine } from "./progress.ts";
import { runTask } from "./program.ts";
import { reachDatabase, type Reached } from "./reach.ts";
import type { Subcommand } from "./subcommand.ts";
import { printJson, printLine } from "./terminal.ts";

/**
 * Runs every job once: in the dev server if that has the database open, otherwise in this process. Only the latter shows progress.
 */
export async function runJobs(
  { own, devServer, config }: Reached,
  interrupted: AbortSignal,
): Promise<JobRun[]> {
  if (devServer) return (await askDevServer<{ jobs: JobRun[] }>(devServer, "/etl/run")).jobs;
  const progress = new ProgressLine("rows");
  return await runAllJobs({
    db: own,
    retentionDays: config.retentionDays,
    signal: interrupted,
    whenBusy: "wait",
    onProgress: (processed, waiting) => progress.show(processed, processed + waiting),
  });
}

function tableOf(runs: JobRun[]): string {
  return formatTable(
    runs.map(({ job, rows, seconds, error }) => ({ job, rows, seconds, error: error ?? "" })),
  );
}

const hasFailed = (runs: JobRun[]) => runs.some(({ error }) => error !== undefined);

export const etl: Subcommand = {
  summary: "runs every job once, now",
  help: `Usage: deno task footfall etl [--json]

Runs every job once, in order, until nothing waits, and prints a row for each: job, rows, seconds, error.
Exit code 1 where one failed; the others run all the same. Ctrl-C stops between two batches.`,
  options: { json: "flag" },
  async run(args, interrupted) {
    const runs = await reachDatabase((reached) => runJobs(reached, interrupted));
    if (args.flag("json")) await printJson(runs);
    else await printLine(tableOf(runs));
    return hasFailed(runs) ? 1 : 0;
  },
};

if (import.meta.main) await runTask("etl", etl);
