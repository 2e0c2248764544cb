/** `deno task demo-data [--events N] [--days D] [--site ID] [--seed S] [--raw]`: made-up visits to look at. */
import type { Asked, Row } from "../db/database.ts";
import { isSiteId, newSiteIdProblem } from "../db/site_directory.ts";
import { fillDatabase } from "../traffic/fill.ts";
import { parseWhole, UsageError } from "./arguments.ts";
import { CommandError, formatTable } from "./command.ts";
import { runJobs } from "./etl.ts";
import { runTask } from "./program.ts";
import { ProgressLine } from "./progress.ts";
import { reachDatabase, type Reached, saveSiteIn } from "./reach.ts";
import type { Subcommand } from "./subcommand.ts";
import { printJson, printLine } from "./terminal.ts";

interface Options {
  events: number;
  days: number;
  siteId: string;
  seed: number;
  raw: boolean;
}

/** What to print: for a person, and for a script. */
interface Answer {
  text: string;
  json: unknown;
}

// The dashboard opens with 30 days beside the 30 before; a comparison with half of the days empty would mislead.
const DAYS = "62";
// Of 50,000 events: about as many as come in three weeks. Without them the first month has fewer visitors for as many
// sessions, since the few that are known by then come again and again.
const EVENTS_A_REGULAR = 50;

const demoData: Subcommand = {
  summary: "fills the database with made-up visits",
  help: `Usage: deno task demo-data [options]
  --events N    how many events, each pageview, interaction and exit counted; 50000
  --days D      over how many days until now; ${DAYS}: a month, and the one that it is compared with
  --site ID     the site that they are of, added where it is missing; demo-shop
  --seed S      another whole number gives other visits; 1
  --raw         leaves them to the ETL: stored as they are collected, not processed
  --json        answers JSON`,
  options: { events: "value", days: "value", site: "value", seed: "value", raw: "flag", json: "flag" },
  async run(args, interrupted) {
    const siteId = args.value("site") ?? "demo-shop";
    if (!isSiteId(siteId)) {
      throw new UsageError(`--site is "${siteId}", but must be 1 to 100 characters without blanks`);
    }
    const problem = newSiteIdProblem(siteId);
    if (problem !== undefined) throw new UsageError(`--site is "${siteId}", which is no site id: ${problem}`);
    const options: Options = {
      events: parseWhole("events", args.value("events") ?? "50000", 1, 100_000_000),
      days: parseWhole("days", args.value("days") ?? DAYS, 1, 3650),
      siteId,
      seed: parseWhole("seed", args.value("seed") ?? "1", 0, 2 ** 31),
      raw: args.flag("raw"),
    };
    const { text, json } = await reachDatabase((reached) => fill(reached, options, interrupted), {
      interrupted,
    });
    await (args.flag("json") ? printJson(json) : printLine(text));
  },
};

async function fill(reached: Reached, options: Options, interrupted: AbortSignal): Promise<Answer> {
  const { db, config } = reached;
  const { siteId, events } = options;
  await saveSiteIn(reached, { siteId });
  const storing = new ProgressLine("events");
  await fillDatabase(db, {
    ...options,
    regulars: Math.ceil(events / EVENTS_A_REGULAR),
    until: new Date(),
    ipMode: config.ipMode,
    onProgress: (stored) => storing.show(stored, events),
  });
  if (options.raw) {
    const [waiting] = await db.query<{ rows: number }>("select count(*) as rows from events_log_pending");
    const { rows } = waiting!;
    return {
      text: `${events} events of ${siteId} are stored; ${rows} rows wait to be processed: deno task etl`,
      json: { site: siteId, stored: events, waiting: rows },
    };
  }
  const failed = (await runJobs(reached, interrupted)).find(({ error }) => error !== undefined);
  if (failed) {
    throw new CommandError(`The events are stored, but the job ${failed.job} failed: ${failed.error}`);
  }
  const counts = await summarize(db, siteId);
  return { text: `${formatTable([counts])}\n\nAsk, for example:\n${question(siteId)}`, json: counts };
}

/** What the database now holds of the site. */
async function summarize(db: Asked, siteId: string): Promise<Row> {
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
  );
  return counts!;
}

function question(siteId: string): string {
  const site = siteId.replaceAll("'", "''");
  return `deno task sql "select referrer_type, count(*) as sessions, round(100 * avg(bounce::int)) as bounce_percent, ` +
    `round(avg(duration_seconds)) as seconds from user_sessions where site_id = '${site}' group by 1 order by 2 desc"`;
}

await runTask("demo-data", demoData);
