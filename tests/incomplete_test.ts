import { assertEquals } from "@std/assert";
import { getPage, texts } from "./dashboard_page.ts";
import { pageview, type TestApp, testApp } from "./fixtures.ts";
import { ask, visitShop } from "./stats_shop.ts";

/** The shop after an upgrade whose rebuild has reached midnight between the two days of its visits, in Berlin. */
async function whileRebuilding(): Promise<TestApp> {
  const app = await testApp();
  await visitShop(app);
  await app.db.exec(`
    insert into rebuilds (starts, ends, reached, definitions, is_upgrade)
    values ('2026-03-10 12:00Z', 'infinity', '2026-03-10 23:00Z', 1, true)`);
  return app;
}

const REACHED = "2026-03-10T23:00:00.000Z";

async function incompleteBefore(app: TestApp, path: string): Promise<unknown> {
  const response = await ask(app, path);
  assertEquals([path, response.status], [path, 200]);
  return (await response.json()).incompleteBefore;
}

Deno.test("every answer about days that an upgrade has not reached says from when on they are complete", async () => {
  await using app = await whileRebuilding();
  const range = (from: string) => `from=${from}&to=2026-03-11`;
  const paths = [
    "overview",
    "timeseries",
    "breakdown/page",
    "events/signup",
    "forms",
    "scroll",
    "goals",
    "revenue",
    "retention",
  ];

  const answers = await Promise.all(
    paths.map((path) => incompleteBefore(app, `/sites/shop/${path}?${range("2026-03-10")}`)),
  );
  assertEquals(answers, paths.map(() => REACHED));
  assertEquals(
    await incompleteBefore(app, `/sites/shop/overview?${range("2026-03-11")}&compare=none`),
    undefined,
  );
  // What it is compared with is not complete.
  assertEquals(await incompleteBefore(app, `/sites/shop/overview?${range("2026-03-11")}`), REACHED);
  assertEquals(
    await incompleteBefore(app, `/sites/shop/timeseries?${range("2026-03-11")}&compare=previous`),
    REACHED,
  );
});

Deno.test("a CSV of days that an upgrade has not reached says so in a header", async () => {
  await using app = await whileRebuilding();
  const header = async (path: string) =>
    (await ask(app, `/sites/shop/${path}`, { accept: "text/csv" })).headers.get("x-incomplete-before");

  for (const path of ["timeseries?", "breakdown/page?", "breakdown/page?limit=1&", "scroll?", "goals?"]) {
    assertEquals([path, await header(`${path}from=2026-03-10&to=2026-03-11`)], [path, REACHED]);
    assertEquals([path, await header(`${path}from=2026-03-11&to=2026-03-11`)], [path, null]);
  }
});

Deno.test("answers are complete without a rebuild, while another one is under way, and of a site that is younger", async () => {
  await using app = await whileRebuilding();
  await app.collect(pageview({ siteId: "young", timestamp: "2026-03-11T12:00:00.000Z" }));
  await app.db.exec("call process_events_batch()");
  const path = "/sites/shop/overview?from=2026-03-10&to=2026-03-11";
  const young = await incompleteBefore(app, path.replace("shop", "young"));
  await app.db.exec("update rebuilds set is_upgrade = false");
  const repair = await incompleteBefore(app, path);
  await app.db.exec("update rebuilds set is_upgrade = true, finished_at = now()");

  assertEquals([young, repair, await incompleteBefore(app, path)], [undefined, undefined, undefined]);
});

Deno.test("an upgrade that has reached nothing yet leaves all of the past incomplete", async () => {
  await using app = await whileRebuilding();
  await app.db.exec("update rebuilds set reached = 'infinity'");
  const before = Date.now();
  const moment = await incompleteBefore(app, "/sites/shop/overview?from=2026-03-10&to=2026-03-11");
  assertEquals(Math.abs(Date.parse(String(moment)) - before) < 60_000, true);
});

Deno.test("the dashboard says above its figures that sessions are missing", async () => {
  await using app = await whileRebuilding();
  const notices = async (view: string, range: string) =>
    texts(
      (await getPage(app, `/dashboard/shop${view}?${range}`)).html,
      /<p class="card notice" role="status">(.*?)<\/p>/gs,
    );

  const notice =
    "Sessions from before 11 Mar 2026 00:00 are still being read in after an upgrade: figures of earlier days are too low.";
  assertEquals(await notices("", "from=2026-03-10&to=2026-03-11"), [notice]);
  assertEquals(await notices("/forms", "from=2026-03-10&to=2026-03-11"), [notice]);
  assertEquals(await notices("", "from=2026-03-11&to=2026-03-11&compare=none"), []);
  await app.db.exec("update rebuilds set finished_at = now()");
  assertEquals(await notices("", "from=2026-03-10&to=2026-03-11"), []);
});
