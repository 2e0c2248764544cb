import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { pageview, type TestApp, testApp } from "./fixtures.ts";
import { serverTest } from "./test_database.ts";
import { until } from "./until.ts";

/** Runs `work` with an app whose Postgres is away and whose spool holds /a and /b. */
async function whileAway(work: (app: TestApp, spoolPath: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const spoolPath = `${folder}/spool.db`;
  {
    await using app = await testApp({ proxied: true, spoolPath });
    await post(app, "/before");
    await app.proxy!.cut();
    await post(app, "/a");
    await post(app, "/b");
    await work(app, spoolPath);
  }
  await Deno.remove(folder, { recursive: true });
}

async function post(app: TestApp, path: string): Promise<string> {
  return (await (await app.collect(pageview({ path }))).json()).status;
}

const stored = async (app: TestApp) =>
  (await app.rows("select path from events_log order by path")).map(({ path }) => path);

serverTest("a line of the spool that is no event is set aside, and blocks nobody", async () => {
  await whileAway(async (app, spoolPath) => {
    const file = new DatabaseSync(spoolPath);
    file.exec(`update events set event = '{not json' where place = 1;
      insert into events (event, spooled_at) values ('{}', ''), ('null', '')`);
    assertEquals(await post(app, "/c"), "spooled");
    app.proxy!.restore();
    await until("the others are stored", async () => (await stored(app)).length === 3);
    assertEquals(await stored(app), ["/b", "/before", "/c"]);
    await until(
      "the lines are set aside",
      () =>
        file.prepare("select from_place from (select place as from_place from refused)").all().length === 3,
    );
    assertEquals(
      file.prepare("select place, event, reason from refused order by place").all().map((row) => ({
        ...row,
      })),
      [
        { place: 1, event: "{not json", reason: "the line is no event" },
        { place: 3, event: "{}", reason: "the line is no event" },
        { place: 4, event: "null", reason: "the line is no event" },
      ],
    );
    file.close();
  });
});

serverTest(
  "an event that Postgres refuses only when it comes from the spool is set aside, and blocks nobody",
  async () => {
    await whileAway(async (app, spoolPath) => {
      const file = new DatabaseSync(spoolPath);
      file.exec(`update events set event = json_set(event, '$.row.ip_address', 'nowhere') where place = 1`);
      app.proxy!.restore();
      await until("the other is stored", async () => (await stored(app)).length === 2);
      await until("it is set aside", () => file.prepare("select place from refused").all().length === 1);
      assertEquals(await stored(app), ["/b", "/before"]);
      assertEquals(
        file.prepare("select reason from refused").get()!.reason,
        'cannot be stored: invalid input syntax for type inet: "nowhere"',
      );
      file.close();
    });
  },
);

serverTest("events are kept when somebody deletes the spool's file", async () => {
  await whileAway(async (app, spoolPath) => {
    for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(spoolPath + suffix);
    assertEquals(await post(app, "/c"), "spooled");
    const file = new DatabaseSync(spoolPath, { readOnly: true });
    assertEquals(
      file.prepare("select event ->> '$.row.path' as path from events order by place").all().map(({ path }) =>
        path
      ),
      ["/a", "/b", "/c"],
    );
    file.close();
    app.proxy!.restore();
    await until("all are stored", async () => (await stored(app)).length === 4);
  });
});

serverTest("a lock that somebody holds on the spool delays events, and loses none", async () => {
  await whileAway(async (app, spoolPath) => {
    const other = new DatabaseSync(spoolPath);
    other.exec("begin immediate");
    const waiting = post(app, "/c");
    // While it waits the process answers others.
    assertEquals((await app.request("/health")).status, 503);
    other.exec("rollback");
    assertEquals(await waiting, "spooled");
    app.proxy!.restore();
    await until("the database is back", async () => (await app.request("/health")).status === 200);
    other.exec("begin immediate");
    await until("all are stored", async () => (await stored(app)).length === 4);
    other.exec("rollback");
    other.close();
    await until(
      "the spool is empty",
      async () => (await (await app.request("/health")).json()).spool.events === 0,
    );
    assertEquals(await stored(app), ["/a", "/b", "/before", "/c"]);
  });
});
