/** `deno task demo-data [--events N] [--days D] [--site ID] [--seed S] [--raw]`: made-up visits to look at. */
import { parseArgs } from "@std/cli/parse-args";
import { type Config, readConfig } from "../config.ts";
import type { Database, Row } from "../db/database.ts";
import { isEmbedded } from "../db/open.ts";
import { saveSite } from "../db/site_directory.ts";
import { findDevServer } from "../dev_server.ts";
import { runAllJobs } from "../etl/run.ts";
import { fillDatabase } from "../traffic/fill.ts";
import { CommandError, formatTable, requireMigrated, runCommand, withDatabase } from "./command.ts";
import { ProgressLine } from "./progress.ts";

const USAGE = `Usage: deno task demo-data [options]
  --events N    how many events, each pageview, interaction and exit counted; 50000
  --days D      over how many days until now; 30
  --site ID     the site that they are of, added where it is missing; demo-shop
  --seed S      another whole number gives other visits; 1
  --raw         leaves them to the ETL: stored as they are collected, not processed`;

interface Options {
  events: number;
  days: number;
  siteId: string;
  seed: number;
  raw: boolean;
}

await runCommand(async () => {
  const args = parseArgs(Deno.args, {
    string: ["events", "days", "site", "seed"],
    boolean: ["raw", "help"],
    default: { events: "50000", days: "30", site: "demo-shop", seed: "1" },
    unknown: (arg) => {
      throw new CommandError(`Cannot make visits: ${arg} is not known.\n${USAGE}`);
    },
  });
  if (args.help) return USAGE;
  const options: Options = {
    events: wholeNumber("events", args.events, 1, 100_000_000),
    days: wholeNumber("days", args.days, 1, 3650),
    siteId: siteId(args.site),
    seed: wholeNumber("seed", args.seed, 0, 2 ** 31),
    raw: args.raw as boolean,
  };
  // Only one process can have the embedded database open.
  const devServer = isEmbedded(readConfig("task").database) ? await findDevServer() : undefined;
  if (devServer) {
    throw new CommandError(
      `Cannot fill the embedded database: the dev server at ${devServer.url} has it open. ` +
        "Stop it, run this again, and start it again.",
    );
  }
  return await withDatabase((db, config) => fill(db, config, options));
});

function wholeNumber(name: string, value: unknown, min: number, max: number): number {
  const number = /^\d{1,10}$/.test(String(value)) ? Number(value) : NaN;
  if (number >= min && number <= max) return number;
  throw new CommandError(
    `Cannot make visits: --${name} is "${value}", but may be a whole number from ${min} to ${max}.\n${USAGE}`,
  );
}

function siteId(value: unknown): string {
  if (/^\S{1,100}$/.test(String(value))) return String(value);
  throw new CommandError(
    `Cannot make visits: "${value}" is no site id: give 1 to 100 characters without blanks.\n${USAGE}`,
  );
}

async function fill(db: Database, { ipMode, retentionDays }: Config, options: Options): Promise<string> {
  await requireMigrated(db);
  const { siteId, events } = options;
  await saveSite(db, { siteId });
  const storing = new ProgressLine("events");
  await fillDatabase(db, {
    ...options,
    until: new Date(),
    ipMode,
    onProgress: (stored) => storing.show(stored, events),
  });
  if (options.raw) {
    const [waiting] = await db.query<Row>("select count(*) as rows from events_log_pending", [], {
      timeout: 0,
    });
    return `${events} events of ${siteId} are stored; ${
      waiting!.rows
    } rows wait to be processed: deno task etl`;
  }
  const processing = new ProgressLine("rows");
  const runs = await runAllJobs({
    db,
    retentionDays,
    signal: new AbortController().signal,
    whenBusy: "wait",
    onProgress: (processed, waiting) => processing.show(processed, processed + waiting),
  });
  const failed = runs.find(({ error }) => error !== undefined);
  if (failed) {
    throw new CommandError(`The events are stored, but the job ${failed.job} failed: ${failed.error}`);
  }
  return `${formatTable([await summarize(db, siteId)])}\n\nAsk, for example:\n${question(siteId)}`;
}

/** What the database now holds of the site. */
async function summarize(db: Database, siteId: string): Promise<Row> {
  const [counts] = await db.query(
    `select
       $1::text as site,
       (select count(distinct visitor_id) from user_sessions where site_id = $1) as visitors,
       (select count(*) from user_sessions where site_id = $1)      as sessions,
       (select count(*) from pageviews where site_id = $1)          as pageviews,
       (select count(*) from user_events where site_id = $1)        as events,
       (select count(*) from form_submissions where site_id = $1)   as forms,
       (select count(*) from daily_site_metrics where site_id = $1) as days`,
    [siteId],
    { timeout: 0 },
  );
  return counts!;
}

function question(siteId: string): string {
  const site = siteId.replaceAll("'", "''");
  return `deno task sql "select referrer_type, count(*) as sessions, round(100 * avg(bounce::int)) as bounce_percent, ` +
    `round(avg(duration_seconds)) as seconds from user_sessions where site_id = '${site}' group by 1 order by 2 desc"`;
}
