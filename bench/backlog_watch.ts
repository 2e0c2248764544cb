import type { Database } from "../db/database.ts";
import { pause } from "./live_load.ts";

const EVERY_MS = 2_000;
// Runs of a minute leave more or less waiting, as they fall.
const GROWTH = 1.5;

/** Counts what waits for the ETL, every two seconds. */
export function backlogWatch(db: Database, milliseconds: number, signal: AbortSignal): {
  ended: Promise<void>;
  lines(): string[];
} {
  const counts: number[] = [];
  const watch = async () => {
    const ends = performance.now() + milliseconds;
    while (performance.now() < ends && !signal.aborted) {
      const [waiting] = await db.query<{ rows: number }>("select count(*) as rows from events_log_pending");
      counts.push(waiting!.rows);
      await pause(EVERY_MS);
    }
  };
  return { ended: watch(), lines: () => [backlogLine(counts)] };
}

/** The most that waited in each third of the time. */
function backlogLine(counts: number[]): string {
  const third = Math.ceil(counts.length / 3);
  const [start = 0, middle = 0, end = 0] = [0, 1, 2].map((i) =>
    Math.max(0, ...counts.slice(i * third, (i + 1) * third))
  );
  const isHeld = end <= Math.max(start, middle) * GROWTH;
  return `backlog, the most rows in each third: ${
    [start, middle, end].map((rows) => rows.toLocaleString("en-US")).join(", ")
  } (bound: does not grow by half: ${isHeld ? "held" : "NOT HELD"})`;
}
