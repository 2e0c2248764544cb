import { assert, assertEquals, assertRejects } from "@std/assert";
import { StatementTimeout } from "../db/database.ts";
import { migrate, migrationStates } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";
import { runAllJobs } from "../etl/run.ts";
import { print } from "../log.ts";
import { ADMIN_TOKEN, anyServer } from "./fixtures.ts";
import { Load } from "./load.ts";
import { PGBOUNCER, startPgBouncer } from "./pgbouncer.ts";
import { type ServedProcess, serveProcess } from "./served_process.ts";
import { startProxy } from "./tcp_proxy.ts";
import { until } from "./until.ts";

// Milliseconds there and back between a region and the database; the first one is beside it, and runs the crons.
const ROUND_TRIPS = [0, 0, 40, 120];
// Fewer than the collectors would open: four each.
const SERVER_CONNECTIONS = 5;
const PHASE_EVENTS = 300;
const LOOK_EVERY_MS = 50;
const OURS = "edge-test";
// Hosts kill what has not ended by then.
const STOP_MS = 5_000;

poolerTest(
  "four regions behind a pooler in transaction mode lose and double nothing while each is restarted under load",
  async () => {
    await using direct = await anyServer().migrated();
    await using pooler = await startPgBouncer(direct.url, { poolSize: SERVER_CONNECTIONS });
    await using stack = new AsyncDisposableStack();
    const databases = ROUND_TRIPS.map((roundTrip) =>
      roundTrip === 0 ? pooler.url : stack.use(startProxy(pooler.url, { roundTrip })).url
    );
    const start = async (region: number) =>
      stack.use(
        await serveProcess("start", {
          DATABASE_URL: databases[region]!,
          ADMIN_TOKEN,
          OPEN_REGISTRATION: "true",
          SPOOL_PATH: "off",
          ...(region === 0 ? { DENO_CRON_TEST_SCHEDULE_OFFSET: "1000" } : { CRONS: "off" }),
        }),
      );
    const regions: ServedProcess[] = await Promise.all(ROUND_TRIPS.map((_, region) => start(region)));
    const watch = await watchConnections(direct.url, pooler);

    // Whoever is turned away tries the next region, with the same ids: as an anycast address leads them.
    let turn = 0;
    await using load = new Load(() => regions[turn++ % regions.length]!.url);
    await load.acknowledge(PHASE_EVENTS);
    const stops: { signal: string; code: number; ms: number }[] = [];
    for (let region = 0; region < regions.length; region++) {
      const signal = region % 2 === 0 ? "SIGINT" : "SIGTERM";
      const startedAt = performance.now();
      const code = await regions[region]!.stop(signal);
      stops.push({ signal, code, ms: Math.round(performance.now() - startedAt) });
      regions[region] = await start(region);
      await load.acknowledge(PHASE_EVENTS);
    }
    await load.stop();
    const most = await watch.stop();

    await until("the crons have processed every event", async () => {
      const [views] = await direct.query<{ count: number }>("select count(*) as count from pageviews");
      return views!.count === load.acknowledged.size;
    });
    for (const table of ["events_log", "pageviews"]) {
      const rows = await direct.query<{ id: string }>(`select event_id::text as id from ${table} order by 1`);
      assertEquals(rows.map(({ id }) => id), [...load.acknowledged].sort(), `the ids in ${table}`);
    }
    const [runs] = await direct.query("select count(*) as failed from job_runs where error is not null");
    const slow = load.endings.map(({ ms }) => ms).toSorted((a, b) => a - b);
    print(
      `edge: ${load.acknowledged.size} events acknowledged, each stored and processed once, by 4 regions ` +
        `(${ROUND_TRIPS.join(", ")} ms from the database), each restarted once ` +
        `(${
          stops.map(({ signal, ms }) => `${signal} ${ms} ms`).join(", ")
        }); ${load.retried} requests retried, ` +
        `${load.repeated} sent twice; at most ${most.clients} connections of collectors on ${most.backends} of Postgres; ` +
        `answers in ${at(slow, 0.5)} ms (median), ${at(slow, 0.99)} ms (99 %), ${at(slow, 1)} ms (longest)`,
    );
    assertEquals(load.unexpected, [], "answers that should not be");
    assertEquals(runs, { failed: 0 });
    assertEquals(stops.map(({ code }) => code), [0, 0, 0, 0]);
    assert(stops.every(({ ms }) => ms < STOP_MS), `a region took too long to stop: ${JSON.stringify(stops)}`);
    assert(most.backends <= SERVER_CONNECTIONS, `Postgres saw ${most.backends} connections of the pooler`);
    assert(most.clients > SERVER_CONNECTIONS, `only ${most.clients} connections met the pooler`);
  },
);

poolerTest(
  "migrations and every job run through the pooler, and a statement is cancelled through it",
  async () => {
    await using direct = await anyServer().empty();
    // One connection of the server: whatever a client left behind in its session, the next one would find.
    await using pooler = await startPgBouncer(direct.url, { poolSize: 1 });
    await using one = await openDatabase(pooler.url, { poolSize: 2 });
    await using other = await openDatabase(pooler.url, { poolSize: 2 });
    const { applied } = await migrate(one);
    assertEquals(
      (await migrationStates(other)).map(({ name, state }) => [name, state]),
      applied.map((name) => [name, "applied"]),
    );

    const context = { retentionDays: 90, signal: new AbortController().signal, whenBusy: "wait" as const };
    const runs = await Promise.all([
      runAllJobs({ ...context, db: one }),
      runAllJobs({ ...context, db: other }),
    ]);
    assertEquals(runs.flat().filter(({ error }) => error !== undefined), []);

    await assertRejects(() => one.query("select pg_sleep(600)", [], { timeout: 200 }), StatementTimeout);
    // The only connection is free again, with nobody's settings but those that the pooler itself keeps for each client.
    const settings = "select name from pg_settings where source = 'session' and name not in " +
      "('application_name', 'client_encoding', 'DateStyle', 'IntervalStyle', 'TimeZone', 'standard_conforming_strings')";
    assertEquals(await other.query(settings), []);
    await until("nobody sleeps", async () => {
      const sleeping =
        "select from pg_stat_activity where datname = current_database() and query like '%pg_sleep(600)%' and state = 'active' and pid <> pg_backend_pid()";
      return (await direct.query(sleeping)).length === 0;
    });
  },
);

/** Registers a test that needs PgBouncer. Where there is none it is skipped, but under continuous integration it fails. */
function poolerTest(title: string, work: () => Promise<void>): void {
  Deno.test({
    name: title,
    ignore: PGBOUNCER === undefined && Deno.env.get("CI") === undefined,
    fn: async () => {
      if (PGBOUNCER === undefined) throw new Error("There is no PgBouncer: install one");
      await work();
    },
  });
}

interface ConnectionWatch {
  /** Answers the most that were seen. */
  stop(): Promise<{ backends: number; clients: number }>;
}

/** Looks again and again how many connections there are on either side of the pooler. */
async function watchConnections(
  url: string,
  pooler: { connections(): Promise<{ clients: number }> },
): Promise<ConnectionWatch> {
  const db = await openDatabase(`${url}?application_name=${OURS}`, { poolSize: 1 });
  const most = { backends: 0, clients: 0 };
  let stopping = false;
  const watching = (async () => {
    while (!stopping) {
      const [row] = await db.query<{ backends: number }>(
        "select count(*) as backends from pg_stat_activity " +
          "where datname = current_database() and backend_type = 'client backend' and application_name = 'footfall' and pid <> pg_backend_pid()",
      );
      const { clients } = await pooler.connections();
      most.backends = Math.max(most.backends, row!.backends);
      most.clients = Math.max(most.clients, clients);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  })();
  return {
    stop: async () => {
      stopping = true;
      await watching;
      await db.close();
      return most;
    },
  };
}

function at(sorted: number[], share: number): string {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(0);
}
