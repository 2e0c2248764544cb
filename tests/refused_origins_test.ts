import { assertEquals } from "@std/assert";
import { Availability } from "../db/availability.ts";
import { examine } from "../db/doctor/examine.ts";
import { listRefusedOrigins, RefusedOrigins } from "../db/refused_origins.ts";
import { applyRetention, valueOf } from "../db/retention.ts";
import { answer } from "./answer.ts";
import { runIn } from "./command_run.ts";
import { getPage, texts } from "./dashboard_page.ts";
import { batch, testApp } from "./fixtures.ts";
import { patient } from "./patient.ts";
import { engines, serverTest, testDatabase } from "./test_database.ts";
import { servers } from "./test_database.ts";

const available = () => new Availability(() => Promise.resolve());

for (const engine of engines()) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${engine.name})`, fn);

  test("a refused origin gets the command that lists it, and is shown on the Sites page and by doctor", async () => {
    await using app = await testApp({ engine });
    await app.rows(
      `insert into sites (site_id, domains) values ('shop', '{example.com}'), ('blog', '{blog.example}')`,
    );
    const event = { eventType: "x", siteId: "shop" };

    const [status, problem] = await answer(
      await app.collect(event, { origin: "https://docs.example.org:8443" }),
    );
    await app.collect(batch([event, event], { siteId: "shop" }), { origin: "https://docs.example.org:8443" });
    await app.collect({ ...event, siteId: "blog" }, { origin: "https://xn--mnchen-3ya.example" });
    await app.refusedOrigins.flush();

    assertEquals([status, (problem as { detail: string }).detail], [
      403,
      "site shop does not list the origin https://docs.example.org:8443: if its pages are the site's, add it with " +
      "deno task site set shop --add-domain docs.example.org",
    ]);
    assertEquals(await listRefusedOrigins(app.db), [
      { site: "shop", origin: "https://docs.example.org:8443", events: 3 },
      { site: "blog", origin: "https://xn--mnchen-3ya.example", events: 1 },
    ]);
    assertEquals(await refusedRows((await getPage(app, "/dashboard/sites")).html), [
      ["shop", "https://docs.example.org:8443", "docs.example.org", "3"],
      ["blog", "https://münchen.example", "münchen.example", "1"],
    ]);
    assertEquals(await refusedRows((await getPage(app, "/dashboard/sites?site=shop")).html), [
      ["https://docs.example.org:8443", "docs.example.org", "3"],
    ]);
    const diagnosis = (await examine(patient(app.db, engine))).find(({ check }) =>
      check === "refused origins"
    );
    assertEquals(diagnosis, {
      check: "refused origins",
      state: "warning",
      message: "4 events of the last day, because the site does not list the origin: " +
        "https://docs.example.org:8443 at shop (3), https://xn--mnchen-3ya.example at blog (1)",
      advice: "if the pages are the site's: deno task site set ID --add-domain HOST",
    });
  });

  test("two collectors add up, and a site keeps at most twenty origins of an hour", async () => {
    await using db = await engine.migrated();
    using availability = available();
    const [one, other] = [new RefusedOrigins(db, availability), new RefusedOrigins(db, availability)];
    for (const collector of [one, other]) {
      collector.add("shop", "https://a.example", 2);
      for (let i = 0; i < 500; i++) collector.add("shop", `https://${collector === one}-${i}.example`, 1);
    }

    await Promise.all([one.flush(), other.flush()]);
    one.add("shop", "https://a.example", 5);
    one.add("shop", "https://late.example", 1);
    await one.close();
    await other.close();

    const rows = await listRefusedOrigins(db);
    assertEquals(rows.length, 21);
    assertEquals(rows.slice(0, 2), [
      { site: "shop", origin: "", events: 982 },
      { site: "shop", origin: "https://a.example", events: 9 },
    ]);
    assertEquals(rows.reduce((sum, { events }) => sum + events, 0), 1010);
  });

  test("counts older than a day are not shown, and cleanup deletes them", async () => {
    await using db = await engine.migrated();
    await db.exec(`insert into refused_origins
      select 'shop', now() - interval '25 hours' * n, 'https://a.example', n + 1 from generate_series(0, 2) n`);

    assertEquals(await listRefusedOrigins(db), [{ site: "shop", origin: "https://a.example", events: 1 }]);
    await applyRetention(valueOf(db), 90);
    assertEquals(await db.query("select events from refused_origins"), [{ events: 1 }]);
  });
}

Deno.test("counts wait while the database is away, and no origin of a stranger becomes anything but text", async () => {
  await using app = await testApp();
  await app.rows(`insert into sites (site_id, domains) values ('shop', '{example.com}')`);
  const away = available();
  const refused = new RefusedOrigins(app.db, away);
  away.lost(new Error("away"));
  refused.add("shop", "https://a.example", 1);
  await refused.flush();
  assertEquals(await listRefusedOrigins(app.db), []);
  away[Symbol.dispose]();
  const back = available();
  await new RefusedOrigins(app.db, back).close();
  back[Symbol.dispose]();
  await refused.close();

  for (
    const origin of [
      "https://user:secret@a.example",
      "https://a.example/path?email=ada@example.com",
      `https://${"a".repeat(300)}.example`,
      "https://a.example; drop table sites",
      "https://<script>alert(1)</script>",
      "$(reboot)",
      "null",
    ]
  ) assertEquals((await app.collect({ eventType: "x", siteId: "shop" }, { origin })).status, 403);
  for (const events of [{ length: "many" }, { length: 1e18 }, "text", 7]) {
    await app.collect({ eventType: "x", siteId: "shop", events }, { origin: "null" });
  }
  await app.refusedOrigins.flush();

  assertEquals(await listRefusedOrigins(app.db), [
    { site: "shop", origin: "", events: 6 },
    { site: "shop", origin: "null", events: 5 },
  ]);
});

serverTest("status shows refused origins", async () => {
  await using db = await testDatabase(servers()[0]!);
  await db.exec(
    `insert into refused_origins values ('shop', now(), 'https://docs.example.org', 3), ('shop', now(), '', 1)`,
  );
  const cwd = await Deno.makeTempDir();
  const { stdout } = await runIn(cwd, "commands/footfall.ts", ["status"], {
    DATABASE_URL: db.url,
    SPOOL_PATH: "off",
  });
  await Deno.remove(cwd, { recursive: true });
  assertEquals(stdout.split("\n").slice(4, 9), [
    "site  refused_origin            events",
    "----  ------------------------  ------",
    "shop  https://docs.example.org       3",
    "shop  others                         1",
    "events of the last day from pages that their site does not list; if they are the site's: " +
    "deno task site set ID --add-domain HOST",
  ]);
});

/** The rows of the Sites page's table, each as the texts of its cells. */
function refusedRows(html: string): string[][] {
  const [, body] = /<table class="refused-origins">.*?<tbody>(.*?)<\/tbody>/s.exec(html)!;
  return [...body!.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    texts(row!, /<t[hd][^>]*>(.*?)<\/t[hd]>/gs)
  );
}
