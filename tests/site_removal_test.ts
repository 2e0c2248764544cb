import { assertEquals, assertRejects } from "@std/assert";
import { createApiKey } from "../db/api_keys.ts";
import { saveSite } from "../db/site_directory.ts";
import { countSiteRows, deleteSiteRows, removeSite } from "../db/site_removal.ts";
import type { Database } from "../db/database.ts";
import { ADMIN_TOKEN, at, pageview, type TestApp, testApp } from "./fixtures.ts";
import { engines } from "./test_database.ts";
import { factsOf, mixedVisits } from "./visits.ts";

const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };
const GONE = "gone-shop";

/** The pageviews of each bucket of the hourly chart, added up. */
async function hourlySum(app: TestApp): Promise<number> {
  const response = await app.request(
    `/api/v1/sites/${GONE}/timeseries?interval=hour&from=2026-03-08&to=2026-03-14`,
    { headers: ADMIN },
  );
  const { buckets } = await response.json();
  return buckets.reduce((sum: number, { pageviews }: { pageviews: number }) => sum + pageviews, 0);
}

/** The tables that have the text anywhere in a row. */
async function tablesNaming(db: Database, text: string): Promise<string[]> {
  const tables = await db.query<{ name: string }>(
    `select c.relname as name from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
  );
  const naming: string[] = [];
  for (const { name } of tables) {
    const [row] = await db.query<{ names: boolean }>(
      `select exists (select from ${name} t where position($1 in t::text) > 0) as names`,
      [text],
    );
    if (row!.names) naming.push(name);
  }
  return naming;
}

async function deleteAll(db: Database, siteId: string): Promise<void> {
  await removeSite(db, siteId);
  await Array.fromAsync(deleteSiteRows(db, siteId));
}

for (const engine of engines()) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${engine.name})`, fn);

  test("removing a site revokes its API keys and share links from the next request on, and no other's", async () => {
    await using app = await testApp({ engine });
    const ask = async (site: string, key: string) =>
      (await app.request(`/api/v1/sites/${site}/overview`, { headers: { authorization: `Bearer ${key}` } }))
        .status;
    const share = async (site: string) => {
      const response = await app.request(`/api/v1/sites/${site}/share-links`, {
        method: "POST",
        headers: { ...ADMIN, "content-type": "application/json" },
        body: JSON.stringify({ name: "all" }),
      });
      return new URL((await response.json()).url).pathname;
    };
    const open = async (path: string) => (await app.request(path)).status;
    await saveSite(app.db, { siteId: GONE });
    await saveSite(app.db, { siteId: "shop" });
    const { secret: gone } = await createApiKey(app.db, { siteId: GONE, name: "report", scope: "read" });
    const { secret: other } = await createApiKey(app.db, { siteId: "shop", name: "report", scope: "read" });
    const { secret: all } = await createApiKey(app.db, { siteId: null, name: "report", scope: "read" });
    const [goneLink, otherLink] = [await share(GONE), await share("shop")];
    for (const siteId of [GONE, "shop"]) await app.collect(pageview({ siteId }));
    const before = [await ask(GONE, gone), await open(goneLink), await open(otherLink)];

    assertEquals(await removeSite(app.db, GONE), { registered: true, keys: 1, links: 1 });

    assertEquals(before, [200, 303, 303]);
    assertEquals([await ask(GONE, gone), await open(goneLink)], [401, 404]);
    assertEquals([await ask("shop", other), await ask("shop", all), await open(otherLink)], [200, 200, 303]);
    assertEquals(await removeSite(app.db, GONE), { registered: false, keys: 0, links: 0 });
  });

  test("a site that is added again counts in its new time zone at once, whatever removed it", async () => {
    const removals: ((app: TestApp) => Promise<unknown>)[] = [
      (app) => removeSite(app.db, GONE),
      (app) => app.rows("delete from sites where site_id = $1", [GONE]), // as by hand, and by earlier releases
    ];
    for (const remove of removals) {
      for (const [before, after] of [["Asia/Kolkata", "UTC"], ["UTC", "Asia/Kolkata"]] as const) {
        await using app = await testApp({ engine });
        await saveSite(app.db, { siteId: GONE, timezone: before });
        for (let i = 0; i < 28; i++) {
          await app.collect(pageview({ siteId: GONE, sessionId: `s${i}`, timestamp: at(i * 3600) }));
        }
        await app.etl();
        await remove(app);
        await saveSite(app.db, { siteId: GONE, timezone: after });

        const sums = [await hourlySum(app)];
        await app.etl();
        sums.push(await hourlySum(app));
        assertEquals(sums, [28, 28], `${before} to ${after}`);
      }
    }
  });

  test("deleting a site leaves what would be there had nobody visited it", async () => {
    await using app = await testApp({ engine });
    await using without = await testApp({ engine });
    await saveSite(app.db, { siteId: GONE, timezone: "Asia/Kolkata" });
    const events = mixedVisits({
      seed: 3,
      events: 120,
      sites: [GONE, "b"],
      visitors: ["vis_a", "vis_b"],
      sessions: 3,
      shared: false,
    });
    for (const [i, event] of events.entries()) {
      if (i === 90) await app.etl();
      await app.collect(event);
      if (event.siteId !== GONE) await without.collect(event);
    }
    const { secret } = await createApiKey(app.db, { siteId: GONE, name: "report", scope: "read" });
    await app.rows("insert into goals (site_id, name, page) values ($1, 'Home', '/')", [GONE]);
    app.refusedOrigins.add(GONE, "https://other.example", 1);
    await app.refusedOrigins.close();

    await deleteAll(app.db, GONE);

    assertEquals(await tablesNaming(app.db, GONE), []);
    assertEquals(await countSiteRows(app.db, GONE), []);
    assertEquals(
      (await app.request(`/api/v1/sites/${GONE}/overview`, {
        headers: { authorization: `Bearer ${secret}` },
      }))
        .status,
      401,
    );
    await app.etl();
    await without.etl();
    assertEquals(await factsOf(app.db), await factsOf(without.db));
  });

  test("a table that comes later, with an index or without, is emptied, too, and other sites keep their rows", async () => {
    await using app = await testApp({ engine });
    await app.db.exec(`
      create table notes (note text, site_id text not null);
      create table moods (site_id text primary key, mood text);
      insert into notes select repeat('x', 900), case when i % 3 = 0 then 'b' else '${GONE}' end from generate_series(1, 12000) as i;
      insert into moods values ('${GONE}', 'glad'), ('b', 'sad')`);
    assertEquals(await countSiteRows(app.db, GONE), [{ table: "moods", rows: 1 }, {
      table: "notes",
      rows: 8000,
    }]);

    await deleteAll(app.db, GONE);

    assertEquals(
      await app.rows("select site_id, count(*) from notes group by 1 union all select site_id, 1 from moods"),
      [
        { site_id: "b", count: 4000 },
        { site_id: "b", count: 1 },
      ],
    );
  });

  test("a deletion that was broken off is finished by the next, and stops where the site is added again", async () => {
    await using app = await testApp({ engine });
    for (const siteId of [GONE, "b"]) {
      for (let i = 0; i < 3; i++) await app.collect(pageview({ siteId, sessionId: `s${i}` }));
    }
    await app.etl();
    await removeSite(app.db, GONE);
    const chunks = deleteSiteRows(app.db, GONE);
    await chunks.next();
    await chunks.return(undefined);
    await saveSite(app.db, { siteId: GONE });
    await assertRejects(
      () => Array.fromAsync(deleteSiteRows(app.db, GONE)),
      Error,
      `Cannot delete the rest of ${GONE}: the site was added again`,
    );

    await deleteAll(app.db, GONE);

    assertEquals(await tablesNaming(app.db, GONE), []);
    assertEquals(await app.rows("select count(*) from user_sessions"), [{ count: 3 }]);
  });

  test("a deletion says that rows keep coming, rather than going on for ever", async () => {
    await using app = await testApp({ engine });
    await app.collect(pageview({ siteId: GONE }));

    const error = await assertRejects(async () => {
      for await (const _ of deleteSiteRows(app.db, GONE)) await app.collect(pageview({ siteId: GONE }));
    }, Error);

    assertEquals(
      error.message,
      `Cannot delete all of ${GONE}: rows keep coming. Stop its trackers, and the collectors' OPEN_REGISTRATION, ` +
        "and run it again",
    );
  });
}
