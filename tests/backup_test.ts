import { assert, assertEquals } from "@std/assert";
import type { Database, Queryable } from "../db/database.ts";
import { migrate, migrationStates } from "../db/migrate.ts";
import { runAllJobs } from "../etl/run.ts";
import { print } from "../log.ts";
import { fillDatabase } from "../traffic/fill.ts";
import { ADMIN_TOKEN, anyServer, pageview } from "./fixtures.ts";
import { Load } from "./load.ts";
import { serveProcess } from "./served_process.ts";
import { emptyDatabase, servers } from "./test_database.ts";

const TRAFFIC = {
  siteId: "shop",
  events: 3_000,
  days: 9,
  seed: 5,
  until: new Date("2026-11-20T10:30:00Z"),
  ipMode: "truncate" as const,
};
const NEW_EVENTS = 50;
const ENV = { ADMIN_TOKEN, OPEN_REGISTRATION: "true", CRONS: "off", SPOOL_PATH: "off" };

// The server from npm comes without them.
const TOOLS = servers().map(({ binaries }) => binaries).find((folder) =>
  ["pg_dump", "pg_restore"].every((program) => isFile(`${folder}/${program}`))
);

Deno.test({
  name: "a dump taken under load restores to the figures of its moment, and the collector goes on from there",
  ignore: TOOLS === undefined && Deno.env.get("CI") === undefined,
  async fn(t) {
    if (TOOLS === undefined) throw new Error("There is no pg_dump: install Postgres");
    const folder = await Deno.makeTempDir({ prefix: "footfall-backup-" });
    const dump = `${folder}/footfall.dump`;
    let moment: Record<string, string>;
    {
      await using db = await anyServer().migrated();
      await fillDatabase(db, TRAFFIC);
      await runJobs(db);
      await using collector = await serveProcess("start", { ...ENV, DATABASE_URL: db.url });
      await using load = new Load(() => collector.url);
      await load.acknowledge(200);
      // What the dump sees is what this transaction sees, however much is stored meanwhile.
      moment = await db.transaction(async (tx) => {
        await tx.exec("set transaction isolation level repeatable read");
        const [snapshot] = await tx.query<{ id: string }>("select pg_export_snapshot() as id");
        const seen = await figures(tx);
        await load.acknowledge(100);
        await run("pg_dump", ["--format=custom", `--snapshot=${snapshot!.id}`, `--file=${dump}`, db.url]);
        assertEquals(await figures(tx), seen);
        return seen;
      });
      await load.acknowledge(100);
      await load.stop();
      assert((await figures(db)).events_log !== moment.events_log, "nothing was stored during the dump");
      assertEquals(load.unexpected, []);
    }

    for (const server of servers()) {
      await t.step(`into ${server.name}`, async () => {
        await using db = await emptyDatabase(server);
        await run("pg_restore", ["--no-owner", "--exit-on-error", `--dbname=${db.url}`, dump]);
        assertEquals(await figures(db), moment);
        assertEquals((await migrationStates(db)).filter(({ state }) => state !== "applied"), []);
        assertEquals(await migrate(db), { applied: [], procedures: [] });

        const [before] = await db.query<{ highest: number; rows: number }>(
          "select max(id) as highest, count(*) as rows from events_log",
        );
        await using collector = await serveProcess("start", { ...ENV, DATABASE_URL: db.url });
        const events = Array.from({ length: NEW_EVENTS }, () => pageview({ siteId: "restored" }));
        const posted = await fetch(`${collector.url}/collect`, {
          method: "POST",
          body: JSON.stringify(events),
        });
        assertEquals([posted.status, (await posted.json()).accepted], [202, NEW_EVENTS]);
        await runJobs(db);
        assertEquals(
          await db.query(
            "select count(*) as views, count(distinct id) as ids from pageviews where site_id = 'restored'",
          ),
          [{ views: NEW_EVENTS, ids: NEW_EVENTS }],
        );
        const [after] = await db.query<Record<string, number>>(
          `select count(*) as rows, count(distinct id) as ids, count(*) filter (where id > $1) as new from events_log`,
          [before!.highest],
        );
        const rows = before!.rows + NEW_EVENTS;
        assertEquals(after, { rows, ids: rows, new: NEW_EVENTS });
        print(`backup: ${moment.events_log!.split(" ")[0]} raw events restored into ${server.name}`);
      });
    }
    await Deno.remove(folder, { recursive: true });
  },
});

/** Of each table: how many rows, and a hash of them all. */
async function figures(db: Queryable): Promise<Record<string, string>> {
  const tables = await db.query<{ name: string }>(
    `select c.relname as name from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     order by 1`,
  );
  const found: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await db.query<{ told: string }>(
      `select count(*) || ' rows, ' || coalesce(md5(string_agg(row::text, ' ' order by row::text)), '') as told
       from ${name} row`,
    );
    found[name] = row!.told;
  }
  return found;
}

async function runJobs(db: Database): Promise<void> {
  const context = { retentionDays: 36_500, signal: new AbortController().signal, whenBusy: "wait" as const };
  const runs = await runAllJobs({ ...context, db });
  assertEquals(runs.filter(({ error }) => error !== undefined), []);
}

async function run(program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(`${TOOLS}/${program}`, { args, stdin: "null" }).output();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
