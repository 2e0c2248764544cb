import type { Database } from "../db/database.ts";
import { formatTable } from "../commands/command.ts";
import { requireStored, startCollector } from "./collector.ts";
import { copyRate } from "./copy.ts";
import { ratio, withBenchDatabase } from "./database.ts";
import { arrayOf, batchOf, singlePageview } from "./payloads.ts";
import { cpuSeconds, peakMemory, serverCpuSeconds } from "./proc.ts";
import { startServer } from "./server_process.ts";
import { type Load, type LoadFigures, runWrk } from "./wrk.ts";

// V8 goes on compiling for some seconds.
const WARM_UP_SECONDS = 5;
const SECONDS = 6;
// The echo is steady from its first second on.
const ECHO_SECONDS = 3;
const IN_POSTGRES = '{stored="postgres"}';

interface Case extends Load {
  name: string;
  /** Rows of `events_log` that one request makes. */
  rows: number;
  /** Events that one request tells of. */
  events: number;
}

const single = { rows: 1, events: 1, body: singlePageview() };
const CASES: Case[] = [
  { name: "single", connections: 1, ...single },
  { name: "single", connections: 16, ...single },
  { name: "single", connections: 64, ...single },
  { name: "single", connections: 256, ...single },
  { name: "batch of 50", connections: 16, rows: 1, events: 50, body: batchOf(50) },
  { name: "array of 1000", connections: 4, rows: 1000, events: 1000, body: arrayOf(1000) },
];

/** What one case costs, beside what wrk saw of it. */
interface CollectorFigures extends LoadFigures {
  /** CPU seconds of the collector and of Postgres while the load was on. */
  collectorCpu: number;
  postgresCpu: number;
  peakBytes: number;
  /** Events of one statement, and the seconds until its commit; undefined where the collector does not tell. */
  groupEvents: number | undefined;
  commitSeconds: number | undefined;
}

/**
 * `POST /collect`, durable, with wrk beside it on the same machine, against two yardsticks: an echo of the same
 * framework for the same requests, and `COPY` of the rows that they made.
 *
 * @throws {Error} If a request failed, or a count of events does not agree with the others
 */
export async function benchIngest(serverUrl: string): Promise<string[]> {
  return await withBenchDatabase(serverUrl, async (db, url) => {
    await using echo = await startServer("bench/echo_server.ts");
    const rows = await withoutProcessing(db, async () => {
      const rows = [];
      for (const load of CASES) {
        const figures = await measureCollector(db, url, load);
        const copy = await copyRate(db);
        const echoed = await measureEcho(`${echo.url}/collect`, load);
        rows.push(report(load, figures, echoed.requests / echoed.seconds, copy));
      }
      return rows;
    });
    return formatTable(rows).split("\n");
  });
}

/** Keeps the collector's cron from processing what the cases have stored: its minute would fall into some of them. */
async function withoutProcessing<T>(db: Database, work: () => Promise<T>): Promise<T> {
  return await db.transaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock(hashtextextended('footfall:process-events', 0))");
    return await work();
  }, { statementTimeout: 0 });
}

async function measureEcho(url: string, load: Load): Promise<LoadFigures> {
  await runWrk(url, load, 1);
  return await runWrk(url, load, ECHO_SECONDS);
}

async function measureCollector(db: Database, databaseUrl: string, load: Case): Promise<CollectorFigures> {
  await db.exec("truncate events_log_pending; checkpoint");
  // A process of its own for each case: its memory is its own, too.
  await using collector = await startCollector(databaseUrl);
  const url = `${collector.url}/collect`;
  const warmUp = await runWrk(url, load, WARM_UP_SECONDS);
  const before = await collector.settled();
  const [backend] = await db.query<{ pid: number }>("select pg_backend_pid() as pid");
  const used = async () => ({
    collector: await cpuSeconds(collector.pid),
    postgres: await serverCpuSeconds(backend!.pid),
  });
  const usedBefore = await used();
  const figures = await runWrk(url, load, SECONDS);
  const usedAfter = await used();
  const after = await collector.settled();
  const acknowledged = (warmUp.requests + figures.requests) * load.rows;
  await requireStored(db, collector, after, acknowledged, 2 * load.connections * load.rows);
  return {
    ...figures,
    collectorCpu: usedAfter.collector - usedBefore.collector,
    postgresCpu: usedAfter.postgres - usedBefore.postgres,
    peakBytes: await peakMemory(collector.pid),
    groupEvents: after.mean("footfall_group_events", IN_POSTGRES, before),
    commitSeconds: after.mean("footfall_commit_seconds", IN_POSTGRES, before),
  };
}

function report(load: Case, figures: CollectorFigures, echo: number, copy: number): Record<string, unknown> {
  const perSecond = figures.requests / figures.seconds;
  return {
    case: load.name,
    conns: load.connections,
    "req/s": Math.round(perSecond),
    "rows/s": Math.round(perSecond * load.rows),
    "events/s": Math.round(perSecond * load.events),
    "of echo's req/s": `${ratio(perSecond, echo)} of ${Math.round(echo)}`,
    "of COPY's rows/s": `${ratio(perSecond * load.rows, copy)} of ${Math.round(copy)}`,
    "p50 ms": figures.p50.toFixed(1),
    "p99 ms": figures.p99.toFixed(1),
    "cpu s/1000 req": (figures.collectorCpu / figures.requests * 1000).toFixed(2),
    // How many cores the collector, Postgres and wrk kept busy.
    cores: [figures.collectorCpu, figures.postgresCpu, figures.cpuSeconds]
      .map((cpu) => (cpu / figures.seconds).toFixed(2)).join(" + "),
    "peak MB": Math.round(figures.peakBytes / 1e6),
    "group events": figures.groupEvents?.toFixed(1) ?? "-",
    "commit ms": figures.commitSeconds === undefined ? "-" : (figures.commitSeconds * 1000).toFixed(1),
  };
}
