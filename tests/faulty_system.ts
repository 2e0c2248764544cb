import { assert, assertEquals } from "@std/assert";
import { print } from "../log.ts";
import { FaultyServer, type FaultyServerOptions } from "./faulty_server.ts";
import { ADMIN_TOKEN } from "./fixtures.ts";
import { Load } from "./load.ts";
import { type ServedProcess, serveProcess } from "./served_process.ts";
import { until } from "./until.ts";

// What is acknowledged before a fault and after it at least.
const PHASE_EVENTS = 300;
/** The longest that any answer may take, whatever goes on. */
const LONGEST_ANSWER_MS = 8_000;
// After this long in a fault the collector should know of it, and spool at once.
const SETTLED_MS = 5_000;
const LAST_WORDS = 3_000;

export interface FaultOptions extends FaultyServerOptions {
  /** More settings of the app. */
  env?: Record<string, string>;
  /** How many events have to be acknowledged while the fault is on; 0 where there is nowhere to keep them. */
  duringFault?: number;
}

/** The app, its Postgres and its visitors: real processes, to do harm to. */
export interface FaultySystem {
  server: FaultyServer;
  load: Load;
  /** The process that runs now, or ran last. */
  app(): ServedProcess;
  /** Starts another one in the same folder, with the same spool. */
  startApp(): Promise<void>;
  /** What `GET /health` says. */
  health(): Promise<{ spool?: { events: number } }>;
}

/**
 * Runs the whole system under load, lets `fault` break and mend it, and asserts that what was acknowledged is stored
 * once, that every event that was sent is acknowledged in the end, and that no answer took too long. Prints the figures.
 *
 * @param fault returns when all is mended; the load goes on all the time
 */
export async function withstand(
  name: string,
  fault: (system: FaultySystem) => Promise<void>,
  { smallDisk, env = {}, duringFault = PHASE_EVENTS }: FaultOptions = {},
): Promise<void> {
  await using server = await FaultyServer.start({ smallDisk });
  const folder = await Deno.makeTempDir({ prefix: "footfall-faulty-" });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const start = async () =>
    stack.use(
      await serveProcess("start", {
        DATABASE_URL: server.url,
        ADMIN_TOKEN,
        OPEN_REGISTRATION: "true",
        ...env,
      }, folder),
    );
  let app = await start();
  await using load = new Load(() => app.url);
  const request = (path: string, init?: RequestInit) => fetch(`${app.url}${path}`, init);
  const health = async () => await (await request("/health")).json();
  const runEtl = async () => {
    const run = await request("/etl/run", {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    const body = await run.text();
    assertEquals(run.status, 200, body);
  };

  await load.acknowledge(PHASE_EVENTS);
  // So that some of what is sent again was processed long ago. One batch: a whole run goes on while events come in.
  await server.rows("call process_events_batch(1000)");
  const before = load.acknowledged.size;
  const startedAt = performance.now();
  let during: number;
  let endedAt: number;
  try {
    await fault({
      server,
      load,
      health,
      app: () => app,
      startApp: async () => {
        app = await start();
      },
    });
    endedAt = performance.now();
    during = load.acknowledged.size - before;
    await load.acknowledge(PHASE_EVENTS);
    await load.stop();
  } catch (error) {
    // Perhaps it has died of the fault, and nobody will ever answer.
    throw new Error(`The app's last words:\n${app.output().slice(-LAST_WORDS)}`, { cause: error });
  }
  const after = load.acknowledged.size - before - during;

  await until("the spool is empty", async () => ((await health()).spool?.events ?? 0) === 0);
  const settled = load.endings
    .filter(({ startedAt: at }) => at > startedAt + SETTLED_MS && at < endedAt)
    .map(({ ms }) => ms);
  const longest = Math.max(...load.endings.map(({ ms }) => ms));
  print(
    `${name}: ${load.acknowledged.size} events acknowledged (${before} before, ${during} during, ${after} after), ` +
      `${load.spooled} spooled, ${load.retried} requests retried, ${load.repeated} sent twice; ` +
      `longest answer ${longest.toFixed(0)} ms` +
      (settled.length > 0
        ? `, median after ${SETTLED_MS / 1000} s of fault ${median(settled).toFixed(0)} ms`
        : ""),
  );
  await assertStoredOnce(server, "events_log", load.acknowledged);
  await runEtl();
  await assertStoredOnce(server, "events_log", load.acknowledged);
  await assertStoredOnce(server, "pageviews", load.acknowledged);
  assertEquals(load.unexpected, [], "answers that should not be");
  assert(during >= duringFault, `${during} events acknowledged during the fault, not ${duringFault}`);
  assert(longest <= LONGEST_ANSWER_MS, `the longest answer took ${longest.toFixed(0)} ms`);
}

async function assertStoredOnce(
  server: FaultyServer,
  table: string,
  acknowledged: Set<string>,
): Promise<void> {
  const stored = await server.rows<{ id: string; times: number }>(
    `select event_id::text as id, count(*) as times from ${table} group by event_id`,
  );
  const ids = new Set(stored.map(({ id }) => id));
  const wrong = {
    lost: [...acknowledged].filter((id) => !ids.has(id)).length,
    twice: stored.filter(({ times }) => times !== 1).length,
    unknown: stored.filter(({ id }) => !acknowledged.has(id)).length,
  };
  assertEquals({ table, ...wrong }, { table, lost: 0, twice: 0, unknown: 0 });
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
