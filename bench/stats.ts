import { formatTable } from "../commands/command.ts";
import type { Database } from "../db/database.ts";
import { openDatabase } from "../db/open.ts";
import type { StatsQuery } from "../db/stats/query.ts";
import { printError } from "../log.ts";
import type { Cluster } from "../tests/cluster.ts";
import { ratio, secondsOf, withBenchDatabase } from "./database.ts";
import { serverCpuSeconds } from "./proc.ts";
import { askWholePage, type Question, QUESTIONS } from "./questions.ts";
import { fillYear, rollUpYear, SITES, writeRows } from "./year.ts";

const RANGES: [string, number][] = [["30 days", 30], ["90 days", 90], ["12 months", 365]];
const RUNS = 20;
// The server starts anew for each.
const COLD_RUNS = 3;
// Of a question that takes seconds fewer runs will do.
const ENOUGH_SECONDS = 5;
// What the system gives to questions.
const CONNECTIONS = 3;

/**
 * How long each question takes about the busiest of ten sites, which has half of `pageviews` in a year: from the roll-ups, warm
 * (by the clock, and the server's processor time) and with nothing in memory, beside the same answer from raw rows. What it is at goes
 * to the standard error: ten million take over an hour.
 */
export async function benchStats(cluster: Cluster, pageviews: number): Promise<string[]> {
  return await withBenchDatabase(cluster.url, async (db, url) => {
    printError("writing a year");
    const filled = await secondsOf(() => fillYear(db, pageviews));
    printError(`writing session rows, after ${Math.round(filled)} s`);
    const written = await secondsOf(() => writeRows(db));
    printError(`rolling it up, after ${Math.round(written)} s`);
    const rolledUp = await secondsOf(() => rollUpYear(db));
    await db.exec("vacuum analyze");
    return [
      `${pageviews.toLocaleString("en-US")} pageviews written in ${Math.round(filled)} s, session rows in ${
        Math.round(written)
      } s, rolled up in ${Math.round(rolledUp)} s`,
      ...await sizes(db),
      ...await measureQuestions(url, () => restart(cluster)),
    ];
  });
}

/** @param restart of the server, with nothing of the database left in memory */
export async function measureQuestions(url: string, restart: () => Promise<void>): Promise<string[]> {
  const rows: Record<string, unknown>[] = [];
  for (const [name, days] of RANGES) {
    const [range] = await withDatabase(url, (db) =>
      db.query<StatsQuery["range"]>(
        "select (current_date - $1::integer)::text as from, (current_date - 1)::text as to",
        [days],
      ));
    const query: StatsQuery = { site: SITES[0]!, timezone: "UTC", range: range!, filters: [] };
    const page: Question = { name: "the whole first page", ask: askWholePage };
    for (const question of [page, ...QUESTIONS]) {
      const figures = await measure(url, query, question, restart);
      printError(`${name}, ${question.name}: ${JSON.stringify(figures)}`);
      rows.push({ range: name, question: question.name, ...figures });
    }
  }
  return formatTable(rows).split("\n");
}

async function measure(
  url: string,
  query: StatsQuery,
  { ask, raw }: Question,
  restart: () => Promise<void>,
): Promise<Record<string, unknown>> {
  const cold = await times(COLD_RUNS, async () => {
    await restart();
    return await withDatabase(url, (db) => secondsOf(() => ask(db, query)));
  });
  const { warm, cpu } = await withDatabase(url, async (db) => {
    const [backend] = await db.query<{ pid: number }>("select pg_backend_pid() as pid");
    // Of connections that are new each reads the server's tables of tables once.
    await ask(db, query);
    const before = await serverCpuSeconds(backend!.pid);
    const warm = await times(RUNS, () => secondsOf(() => ask(db, query)));
    return { warm, cpu: (await serverCpuSeconds(backend!.pid) - before) / warm.length };
  });
  const rawSeconds = raw && await withDatabase(url, async (db) => {
    await raw(db, query);
    return await secondsOf(() => raw(db, query));
  });
  const ms = (seconds: number | undefined) => seconds === undefined ? null : Math.round(seconds * 1000);
  return {
    "runs": warm.length,
    "p50 ms": ms(at(warm, 0.5)),
    "p95 ms": ms(at(warm, 0.95)),
    "cpu ms": ms(cpu),
    "cold p50": ms(at(cold, 0.5)),
    "cold p95": ms(at(cold, 0.95)),
    "raw ms": ms(rawSeconds),
    "raw / p50": rawSeconds === undefined ? null : ratio(rawSeconds, at(warm, 0.5)),
  };
}

/** How many seconds `run` says, sorted: of so many runs, or of those that are enough. */
async function times(runs: number, run: () => Promise<number>): Promise<number[]> {
  const all: number[] = [];
  while (all.length < runs && all.reduce((sum, seconds) => sum + seconds, 0) < ENOUGH_SECONDS) {
    all.push(await run());
  }
  return all.sort((a, b) => a - b);
}

/** The sorted value that this share of all does not exceed. */
function at(sorted: number[], share: number): number {
  return sorted[Math.ceil(sorted.length * share) - 1]!;
}

async function withDatabase<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  await using db = await openDatabase(url, { poolSize: CONNECTIONS, statementTimeout: 0 });
  // A connection's first statement loads what the server knows of the tables; the pool has done that long ago.
  await Promise.all(Array.from({ length: CONNECTIONS }, () => db.query("select 1")));
  return await work(db);
}

/** The server's memory goes with it; what the system keeps of its files goes where we may say so (proc(5), sync(8)). */
async function restart(cluster: Cluster): Promise<void> {
  await cluster.run("pg_ctl", ["stop", "-D", `${cluster.directory}/data`, "-m", "fast"]);
  await new Deno.Command("sync").output();
  await Deno.writeTextFile("/proc/sys/vm/drop_caches", "3").catch(() => {});
  await cluster.start();
}

async function sizes(db: Database): Promise<string[]> {
  const rows = await db.query(
    `select relname as table, reltuples::bigint as rows, pg_size_pretty(pg_total_relation_size(oid)) as size
     from pg_class
     where relkind = 'r' and relnamespace = current_schema()::regnamespace and reltuples > 1000
     order by pg_total_relation_size(oid) desc`,
  );
  return [...formatTable(rows).split("\n"), ""];
}
