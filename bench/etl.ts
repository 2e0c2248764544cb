import { formatTable } from "../commands/command.ts";
import type { Database } from "../db/database.ts";
import { JOBS } from "../etl/jobs.ts";
import { type Backlog, makeBacklog } from "./backlog.ts";
import { ratio, secondsOf, withBenchDatabase } from "./database.ts";
import { secondsToInsertFacts } from "./facts.ts";
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

interface Figures {
  case: string;
  /** Events that were processed before. */
  history: number;
  seconds: number;
}

/**
 * The ETL's events a second by batch size, in an empty database and in one that has processed `history` events,
 * against writing its results without working them out.
 */
export async function benchEtl(serverUrl: string, { history }: { history: number }): Promise<string[]> {
  const backlog = await makeBacklog(serverUrl, EVENTS);
  const figures: Figures[] = [];
  const yardsticks: number[] = [];
  for (const { name, run } of CASES) {
    await withBenchDatabase(serverUrl, async (db) => {
      figures.push({ case: name, history: 0, seconds: await measure(db, backlog, 0, run) });
      yardsticks.push(backlog.events / await secondsToInsertFacts(db));
    });
  }
  const copies = Math.round(history / backlog.events);
  if (copies > 0) {
    await withBenchDatabase(serverUrl, async (db) => {
      await backlog.add(db, 0);
      await runJob(db);
      await fillHistory(db, copies);
      for (const [i, { name, run }] of CASES.entries()) {
        const seconds = await measure(db, backlog, copies + i, run);
        figures.push({ case: name, history: (copies + i) * backlog.events, seconds });
      }
    });
  }
  return report(backlog, figures, yardsticks);
}

async function measure(db: Database, backlog: Backlog, copy: number, run: Case["run"]): Promise<number> {
  await backlog.add(db, copy);
  await db.exec("analyze events_log_pending; checkpoint");
  const seconds = await secondsOf(() => run(db));
  const [left] = await db.query<{ rows: number }>("select count(*) as rows from events_log_pending");
  if (left!.rows > 0) throw new Error(`${left!.rows} of ${backlog.rows} rows were not processed`);
  return seconds;
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

function report(backlog: Backlog, figures: Figures[], yardsticks: number[]): string[] {
  const count = (value: number) => Math.round(value).toLocaleString("en-US");
  const yardstick = yardsticks.reduce((sum, rate) => sum + rate, 0) / yardsticks.length;
  const rows = figures.map(({ case: name, history, seconds }) => ({
    case: name,
    history,
    seconds: Number(seconds.toFixed(2)),
    "events/s": Math.round(backlog.events / seconds),
    "of INSERT … SELECT": Number(ratio(backlog.events / seconds, yardstick)),
  }));
  return [
    `${count(backlog.events)} events in ${count(backlog.rows)} rows; INSERT … SELECT of the finished rows: ` +
    `${count(yardstick)} events/s (${count(Math.min(...yardsticks))} to ${count(Math.max(...yardsticks))})`,
    ...formatTable(rows).split("\n"),
  ];
}
