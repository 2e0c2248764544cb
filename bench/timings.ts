import type { Database } from "../db/database.ts";
import { openDatabase } from "../db/open.ts";
import { Params, type StatsQuery } from "../db/stats/query.ts";
import { chosenRows } from "../db/stats/scope.ts";
import { printError } from "../log.ts";
import { COLD_MS, warmBound } from "./bounds.ts";
import { ratio, secondsOf } from "./database.ts";
import { type Question, QUESTIONS } from "./questions.ts";

const RUNS = 20;
// A question that takes seconds is asked fewer times.
const ENOUGH_SECONDS = 5;
const SCANS = 5;
// The server starts anew for each.
const COLD_RUNS = 3;
// As many as the system gives to questions.
const CONNECTIONS = 3;

export interface Measured {
  rows: Record<string, unknown>[];
  /** Questions that took longer than their bound. */
  missed: string[];
}

/**
 * Asks every question about the last `days` until `now`.
 *
 * @param restart of the server, with nothing of the database left in memory; undefined: no question is asked cold
 */
export async function measureQuestions(
  url: string,
  { days, now, restart }: { days: number; now: Date; restart?: (() => Promise<void>) | undefined },
): Promise<Measured> {
  const to = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO("UTC").toPlainDate();
  const range = { from: to.subtract({ days: days - 1 }).toString(), to: to.toString() };
  const name = days === 365 ? "12 months" : `${days} days`;
  const measured: Measured = { rows: [], missed: [] };
  const queryOf = ({ site }: Question): StatsQuery => ({ site, timezone: "UTC", range, filters: [] });
  for (const question of QUESTIONS) {
    const ask = (db: Database) => question.ask(db, queryOf(question), now);
    const { warm, scan } = await withDatabase(url, async (db) => {
      await ask(db);
      const warm = await times(RUNS, () => secondsOf(() => ask(db)));
      return { warm, scan: await scanSeconds(db, queryOf(question)) };
    });
    const p95 = milliseconds(at(warm, 0.95));
    const bound = warmBound(question, days);
    const isHeld = bound === undefined ? undefined : p95 <= bound;
    if (isHeld === false) measured.missed.push(`${name}, ${question.name}: ${p95} ms of ${bound}`);
    const row = {
      range: name,
      question: question.name,
      runs: warm.length,
      "p50 ms": milliseconds(at(warm, 0.5)),
      "p95 ms": p95,
      bound: bound ?? "-",
      held: isHeld === undefined ? "-" : isHeld ? "yes" : "NO",
      "scan ms": milliseconds(scan),
      "p50 / scan": ratio(at(warm, 0.5), scan),
    };
    printError(JSON.stringify(row));
    measured.rows.push(row);
  }
  if (!restart) return measured;
  for (const [i, question] of QUESTIONS.entries()) {
    if (!question.isCold) continue;
    const cold = await times(COLD_RUNS, async () => {
      await restart();
      return await withDatabase(url, (db) => secondsOf(() => question.ask(db, queryOf(question), now)));
    }, Infinity);
    const p50 = milliseconds(at(cold, 0.5));
    if (p50 > COLD_MS) measured.missed.push(`${name}, ${question.name}, cold: ${p50} ms of ${COLD_MS}`);
    printError(`${name}, ${question.name}, cold: ${p50} ms`);
    measured.rows[i] = { ...measured.rows[i], "cold p50": p50, "cold held": p50 > COLD_MS ? "NO" : "yes" };
  }
  return measured;
}

/** The yardstick: how long Postgres takes to read the rows of the site and range once. */
async function scanSeconds(db: Database, query: StatsQuery): Promise<number> {
  const params = new Params();
  const { where } = await chosenRows(db, query, params);
  const scan = () =>
    db.query(
      `select count(*), sum(duration_seconds), sum(pageviews), sum(events) from session_rows s where ${where}`,
      params.values,
    );
  await scan();
  return at(await times(SCANS, () => secondsOf(scan)), 0.5);
}

/** The seconds of so many runs, sorted; of fewer where these take long. */
async function times(
  runs: number,
  run: () => Promise<number>,
  enoughSeconds = ENOUGH_SECONDS,
): Promise<number[]> {
  const all: number[] = [];
  while (all.length < runs && all.reduce((sum, seconds) => sum + seconds, 0) < enoughSeconds) {
    all.push(await run());
  }
  return all.sort((a, b) => a - b);
}

/** The sorted value that this share of all does not exceed. */
export function at(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(sorted.length * share) - 1]!;
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}

async function withDatabase<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  await using db = await openDatabase(url, { poolSize: CONNECTIONS, statementTimeout: 0 });
  // A connection's first statement loads what the server knows of the tables; the pool has done that long ago.
  await Promise.all(Array.from({ length: CONNECTIONS }, () => db.query("select 1")));
  return await work(db);
}
