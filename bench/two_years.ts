import type { Database } from "../db/database.ts";
import { JOBS, rebuild } from "../etl/jobs.ts";
import { printError } from "../log.ts";
import { AGENTS, DROP_FUNCTIONS, FUNCTIONS, GOALS, LONGEST_VISIT } from "./visit_sql.ts";

/** The sites that visits are made up for. */
export const SITES = Array.from({ length: 10 }, (_, index) => `bench-${index}`);
/** Has half of all sessions. */
export const BUSIEST = SITES[0]!;
/** Has a fifth of all sessions, and 50,000 pages. */
export const LONG_TAIL = SITES[1]!;

const VIEWS_A_SESSION = 2.5;
const SESSIONS_A_SLICE = 20_000;

export interface FillOptions {
  /** About as many. */
  pageviews: number;
  /** How many days, the last of which ends at `until`. */
  days: number;
  /** When the last session is over; now. */
  until?: Date;
  /** Whether all of it is of {@linkcode BUSIEST}. */
  isOneSite?: boolean;
}

/**
 * Fills the tables of facts with visits in order of time, those of all sites mixed, as the ETL would have written them: 2.5 pageviews
 * and nine events a session; more than half of the visits are somebody's first, and of a third of them it is not known how long
 * their last page was looked at.
 *
 * Straight into the facts, which the ETL would take half an hour for; {@linkcode writeRows} and {@linkcode rollUp} do the rest.
 */
export async function fillFacts(db: Database, options: FillOptions): Promise<void> {
  const { pageviews, days, until = new Date(), isOneSite = false } = options;
  const sessions = Math.round(pageviews / VIEWS_A_SESSION);
  const ends = `$4::timestamptz - interval '${LONGEST_VISIT}'`;
  const begins = `(date_trunc('day', $4::timestamptz at time zone 'UTC') - ${
    days - 1
  } * interval '1 day') at time zone 'UTC'`;
  await db.exec(FUNCTIONS);
  await db.exec(AGENTS);
  await db.query(GOALS, [SITES]);
  const slices = sliceStarts(sessions);
  // Slices are taken in their order, so two at a time leave the facts nearly in order of time.
  await Promise.all(Array.from({ length: Math.min(2, db.connections) }, async () => {
    for (const first of slices) {
      const last = Math.min(first + SESSIONS_A_SLICE - 1, sessions);
      await db.transaction(
        (tx) =>
          tx.query(`select write_visits($1, $2, $3, ${begins}, greatest(${ends}, ${begins}), $5)`, [
            first,
            last,
            sessions,
            until,
            isOneSite,
          ]),
        { statementTimeout: 0 },
      );
      printProgress("facts", last, sessions);
    }
  }));
  await db.exec(DROP_FUNCTIONS);
  await db.exec("vacuum analyze");
}

function* sliceStarts(sessions: number): Generator<number> {
  for (let first = 1; first <= sessions; first += SESSIONS_A_SLICE) yield first;
}

/** Writes the rows of all sessions, as `footfall rebuild` does. Returns how many. */
export async function writeRows(db: Database): Promise<number> {
  await db.query("select begin_rebuild(null, '-infinity', 'infinity')");
  return await rebuild({ db, signal: new AbortController().signal, whenBusy: "wait" });
}

/** Rolls up all days that are over, as the job does. Returns how many, of all sites. */
export async function rollUp(db: Database): Promise<number> {
  return await JOBS.find(({ name }) => name === "daily-metrics")!.run({
    db,
    retentionDays: 90,
    signal: new AbortController().signal,
    whenBusy: "wait",
  });
}

function printProgress(what: string, done: number, total: number): void {
  // A line for each tenth.
  const tenth = (sessions: number) => Math.floor(sessions * 10 / total);
  if (total > SESSIONS_A_SLICE && tenth(done) > tenth(done - SESSIONS_A_SLICE)) {
    printError(`${what}: ${done.toLocaleString("en-US")} of ${total.toLocaleString("en-US")} sessions`);
  }
}
