/**
 * `deno task bench stats [--pageviews N] [--ranges 30,365] [--database URL]`: how long each question takes about two years of visits
 * to ten sites, next to one scan of the session rows that it is about.
 *
 * The database is made, filled and dropped. To ask again without filling again, create one and name it: with
 * `--database postgres://…/bench` it is migrated and filled if it is empty, asked, and left as it is. Nothing is asked cold
 * then, since that takes a server that may be restarted.
 */
import { formatTable } from "../commands/command.ts";
import type { Database } from "../db/database.ts";
import { migrate } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";
import { printError } from "../log.ts";
import type { Cluster } from "../tests/cluster.ts";
import { secondsOf, withBenchDatabase } from "./database.ts";
import { tableSizes } from "./sizes.ts";
import { measureQuestions } from "./timings.ts";
import { fillFacts, rollUp, writeRows } from "./two_years.ts";

const DAYS = 730;

export interface StatsOptions {
  pageviews: number;
  /** How many days each range of questions has. */
  ranges: number[];
}

/** In a database of its own on the cluster, which is restarted. Progress goes to stderr: ten million pageviews take over an hour. */
export async function benchStats(cluster: Cluster, options: StatsOptions): Promise<string[]> {
  return await withBenchDatabase(cluster.url, async (db, url) => [
    ...await fill(db, options.pageviews),
    ...await askAll(db, url, options, () => restart(cluster)),
  ]);
}

/** In the database of this URL, which is filled if it is empty. */
export async function benchStatsIn(url: string, options: StatsOptions): Promise<string[]> {
  {
    await using fresh = await openDatabase(url, { poolSize: 1, statementTimeout: 0 });
    await migrate(fresh);
  }
  await using db = await openDatabase(url, { poolSize: 4, statementTimeout: 0 });
  const isFilled = (await db.query("select from session_rows limit 1")).length > 0;
  const filled = isFilled ? [] : await fill(db, options.pageviews);
  return [...filled, ...await askAll(db, url, options)];
}

async function fill(db: Database, pageviews: number): Promise<string[]> {
  printError("writing facts");
  const filled = await secondsOf(() => fillFacts(db, { pageviews, days: DAYS }));
  printError(`writing session rows, after ${Math.round(filled)} s`);
  const written = await secondsOf(() => writeRows(db));
  await db.exec("vacuum analyze");
  printError(`rolling up, after ${Math.round(written)} s`);
  const rolledUp = await secondsOf(() => rollUp(db));
  printError(`rolled up in ${Math.round(rolledUp)} s`);
  await db.exec("vacuum analyze");
  return [
    `facts written in ${Math.round(filled)} s, session rows in ${Math.round(written)} s, rolled up in ${
      Math.round(rolledUp)
    } s`,
  ];
}

async function askAll(
  db: Database,
  url: string,
  { ranges }: StatsOptions,
  restart?: () => Promise<void>,
): Promise<string[]> {
  const lines = [await contents(db), ...await tableSizes(db), ""];
  const [last] = await db.query<{ now: Date }>("select max(ended_at) as now from session_rows");
  const missed: string[] = [];
  for (const days of ranges) {
    const measured = await measureQuestions(url, { days, now: last!.now, restart });
    lines.push(...formatTable(measured.rows).split("\n"), "");
    missed.push(...measured.missed);
  }
  lines.push(missed.length === 0 ? "Every bound was held." : "Bounds that were not held:");
  return [...lines, ...missed];
}

async function contents(db: Database): Promise<string> {
  const [counted] = await db.query<Record<string, number>>(
    `select
       (select count(*) from session_rows) as sessions,
       (select count(*) from visitor_days where previous_day is null) as visitors,
       (select sum(pageviews) from session_rows) as pageviews, (select sum(events) from session_rows) as events,
       (select count(distinct metric_date) from stale_days) as "open days"`,
  );
  return Object.entries(counted!).map(([what, count]) => `${count.toLocaleString("en-US")} ${what}`).join(
    ", ",
  );
}

/** The server's memory goes with it, and the system's copy of its files where this process may drop it (proc(5), sync(8)). */
async function restart(cluster: Cluster): Promise<void> {
  await cluster.run("pg_ctl", ["stop", "-D", `${cluster.directory}/data`, "-m", "fast"]);
  await new Deno.Command("sync").output();
  await Deno.writeTextFile("/proc/sys/vm/drop_caches", "3").catch(() => {});
  await cluster.start();
}
