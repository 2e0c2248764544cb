import { requireStored, startCollector } from "./collector.ts";
import { withBenchDatabase } from "./database.ts";
import { arrayOf, singlePageview } from "./payloads.ts";
import { peakMemory } from "./proc.ts";
import { runWrk } from "./wrk.ts";

const EVENTS = 1_000_000;
const ROUND_SECONDS = 5;
const LOADS = [
  { body: arrayOf(1000), connections: 4, rows: 1000 },
  { body: singlePageview(), connections: 64, rows: 1 },
];

/**
 * The collector's memory through a million events, arrays and singles in turn, with its crons at work.
 *
 * @throws {Error} If a request failed, or an acknowledged event is not in `events_log`
 */
export async function benchMemory(serverUrl: string): Promise<string[]> {
  return await withBenchDatabase(serverUrl, async (db, url) => {
    await using collector = await startCollector(url);
    const lines: string[] = [];
    let acknowledged = 0;
    let inFlight = 0;
    let next = 0;
    for (let round = 0; acknowledged < EVENTS; round++) {
      const load = LOADS[round % LOADS.length]!;
      const { requests } = await runWrk(`${collector.url}/collect`, load, ROUND_SECONDS);
      acknowledged += requests * load.rows;
      inFlight += load.connections * load.rows;
      if (acknowledged < next) continue;
      lines.push(
        `${acknowledged} events acknowledged: at most ${await megabytes(collector.pid)} MB until here`,
      );
      next = acknowledged + EVENTS / 10;
    }
    const stored = await requireStored(db, collector, await collector.settled(), acknowledged, inFlight);
    lines.push(`${stored} rows in events_log: at most ${await megabytes(collector.pid)} MB in all`);
    return lines;
  });
}

async function megabytes(pid: number): Promise<number> {
  return Math.round(await peakMemory(pid) / 1e6);
}
