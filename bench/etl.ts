import { formatTable } from "../commands/command.ts";
import type { Database } from "../db/database.ts";
import { JOBS } from "../etl/jobs.ts";
import { type Backlog, makeBacklog } from "./backlog.ts";
import { measureCatchUp } from "./catch_up.ts";
import { type Cost, costOf, ratio, withBenchDatabase } from "./database.ts";
import { costToInsertFacts } from "./facts.ts";
import { fillHistory } from "./history.ts";

const EVENTS = 200_000;
const BATCH_SIZES = [1_000, 10_000, 50_000];

interface Case {
  name: string;
  run: (db: Database) => Promise<void>;
}

const CASES: Case[] = [
  ...BATCH_SIZES.map((size) => ({
    name: `batches of ${size}`,
    run: (db: Database) => processAll(db, size),
  })),
  { name: "the job: two workers", run: runJob },
];

interface Figures extends Cost {
  case: string;
  /** Events that were processed before. */
  history: number;
}

/**
 * The ETL's events a second by batch size, in an empty database and, in turn with it, in one that has processed `history` events,
 * against writing its results without working them out. Processor time tells where the machine has other work, too.
 */
export async function benchEtl(serverUrl: string, { history }: { history: number }): Promise<string[]> {
  const backlog = await makeBacklog(serverUrl, EVENTS);
  const measured = await measureWithHistory(serverUrl, backlog, Math.round(history / backlog.events));
  return [...report(backlog, measured), await measureCatchUp(serverUrl, backlog)];
}

/** @param copies how often the backlog has been processed in the database of the second half of the cases; 0: there is none */
async function measureWithHistory(serverUrl: string, backlog: Backlog, copies: number): Promise<Measured> {
  if (copies === 0) return await measureCases(serverUrl, backlog);
  return await withBenchDatabase(serverUrl, async (db) => {
    await backlog.add(db, 0);
    await runJob(db);
    await fillHistory(db, copies);
    return await measureCases(serverUrl, backlog, { db, copies });
  });
}

interface Measured {
  figures: Figures[];
  yardsticks: Cost[];
}

/** @param old a database that has processed `copies` of the backlog; each case adds one */
async function measureCases(
  serverUrl: string,
  backlog: Backlog,
  old?: { db: Database; copies: number },
): Promise<Measured> {
  const figures: Figures[] = [];
  const yardsticks: Cost[] = [];
  for (const [i, { name, run }] of CASES.entries()) {
    await withBenchDatabase(serverUrl, async (db) => {
      figures.push({ case: name, history: 0, ...await measure(db, backlog, 0, run) });
      yardsticks.push(await costToInsertFacts(db));
    });
    if (old) {
      const cost = await measure(old.db, backlog, old.copies + i, run);
      figures.push({ case: name, history: (old.copies + i) * backlog.events, ...cost });
    }
  }
  return { figures, yardsticks };
}

async function measure(db: Database, backlog: Backlog, copy: number, run: Case["run"]): Promise<Cost> {
  await backlog.add(db, copy);
  await db.exec("analyze events_log_pending; checkpoint");
  const cost = await costOf(db, () => run(db));
  const [left] = await db.query<{ rows: number }>("select count(*) as rows from events_log_pending");
  if (left!.rows > 0) throw new Error(`${left!.rows} of ${backlog.rows} rows were not processed`);
  return cost;
}

async function processAll(db: Database, batchSize: number): Promise<void> {
  for (;;) {
    const [row] = await db.query<{ rows: number }>("select process_events($1) as rows", [batchSize]);
    if (row!.rows === 0) return;
  }
}

async function runJob(db: Database): Promise<void> {
  const job = JOBS.find(({ name }) => name === "process-events")!;
  await job.run({ db, retentionDays: 90, signal: new AbortController().signal, whenBusy: "wait" });
}

function report(backlog: Backlog, { figures, yardsticks }: Measured): string[] {
  const count = (value: number) => Math.round(value).toLocaleString("en-US");
  const rates = yardsticks.map(({ seconds }) => backlog.events / seconds);
  const yardstick = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const cpu = yardsticks.reduce((sum, { cpuSeconds }) => sum + (cpuSeconds ?? NaN), 0) / yardsticks.length;
  const rows = figures.map(({ case: name, history, seconds, cpuSeconds }) => ({
    case: name,
    history,
    seconds: Number(seconds.toFixed(2)),
    "events/s": Math.round(backlog.events / seconds),
    "of INSERT … SELECT": Number(ratio(backlog.events / seconds, yardstick)),
    ...(cpuSeconds === undefined ? {} : {
      "processor s": Number(cpuSeconds.toFixed(2)),
      "times its processor time": Number(ratio(cpuSeconds, cpu)),
    }),
  }));
  return [
    `${count(backlog.events)} events in ${count(backlog.rows)} rows; INSERT … SELECT of the finished rows: ` +
    `${count(yardstick)} events/s (${count(Math.min(...rates))} to ${count(Math.max(...rates))})` +
    (Number.isNaN(cpu) ? "" : `, ${cpu.toFixed(2)} s of processor time`),
    ...formatTable(rows).split("\n"),
  ];
}
