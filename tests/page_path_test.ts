import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { canonicalPath } from "../events/page_path.ts";
import { saveSite } from "../db/site_directory.ts";
import { ADMIN_TOKEN, at, pageview, type TestApp, testApp } from "./fixtures.ts";
import { ask } from "./stats_shop.ts";
import { engines } from "./test_database.ts";

// [what is sent, what is stored]
const CASES: [string, string][] = [
  ["/plain/path-1_2.html~x", "/plain/path-1_2.html~x"],
  ["/blog/%C3%BCber", "/blog/über"],
  ["/blog/%c3%bcber", "/blog/über"],
  ["/blog/u%CC%88ber", "/blog/über"],
  ["/blog/u\u0308ber", "/blog/über"],
  ["/%E3%83%96%E3%83%AD%E3%82%B0/", "/ブログ/"],
  ["/%F0%9F%98%80", "/😀"],
  ["/%41%7Euser/%2e", "/A~user/."],
  ["/two%20words", "/two words"],
  // Delimiters mean something else when they are decoded.
  ["/a%2fb%3Fc%23d%25e%2B%3b%26%3d", "/a%2Fb%3Fc%23d%25e%2B%3B%26%3D"],
  ["/100%2525", "/100%2525"],
  // A percent sign that encodes nothing does not begin to when what follows is decoded or composed.
  ["/100%", "/100%25"],
  ["/%zz%4", "/%25zz%254"],
  ["/%%30%61", "/%250a"],
  ["/%ad\u0307", "/%AD\u0307"],
  // Latin-1, overlong, a surrogate, beyond Unicode, cut off.
  ["/%fcber", "/%FCber"],
  ["/%c0%af", "/%C0%AF"],
  ["/%ed%a0%80", "/%ED%A0%80"],
  ["/%f4%90%80%80", "/%F4%90%80%80"],
  ["/%c3", "/%C3"],
  ["/%00%0a%7f", "/%00%0A%7F"],
  // What nobody sees, and what turns the text around.
  ["/%e2%80%8bx", "/%E2%80%8Bx"],
  ["/\u202egpj.exe", "/%E2%80%AEgpj.exe"],
  ["/a\u00a0b%C2%A0c", "/a%C2%A0b%C2%A0c"],
  ["/%E2%9D%A4%EF%B8%8F", "/❤️"],
  ["", ""],
];

// Pieces of escapes and texts, so that what is drawn is sometimes well-formed.
const piece = fc.oneof(
  fc.constantFrom(
    "%",
    "%C3",
    "%c3%bc",
    "%E2%80",
    "%8B",
    "%F0%9F%98%80",
    "u",
    "\u0307",
    "\u0308",
    "/",
    "%2F",
    "%41",
    "\u202e",
    "ü",
  ),
  fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, "0")}`),
  fc.string({ unit: "binary", maxLength: 4 }).map((text) => text.replaceAll("\0", "")),
);
const path = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join("")}`);

Deno.test("a path has one form, however it was spelled", () => {
  assertEquals(CASES.map(([sent]) => [sent, canonicalPath(sent)]), CASES);
  assertEquals(CASES.map(([, stored]) => canonicalPath(stored)), CASES.map(([, stored]) => stored));
});

for (const engine of engines()) {
  Deno.test(`the database and the collector know the same form (${engine.name})`, async () => {
    await using db = await engine.migrated();
    const stored = async (paths: string[]) =>
      (await db.query<{ path: string }>(
        "select canonical_path(path) as path from unnest($1::text[]) with ordinality as sent(path, place) order by place",
        [paths],
      )).map(({ path }) => path);
    assertEquals(await stored(CASES.map(([sent]) => sent)), CASES.map(([, stored]) => stored));
    const property = fc.asyncProperty(fc.array(path, { minLength: 100, maxLength: 200 }), async (paths) => {
      const forms = paths.map(canonicalPath);
      assertEquals(await stored(paths), forms);
      assertEquals(await stored(forms), forms);
    });
    await fc.assert(property, { numRuns: 5 });
  });

  Deno.test(`three spellings of a page are one row, one filter, one goal (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    await saveSite(app.db, { siteId: "example-com", excludePaths: ["/geheim/ü*"] });
    await visit(app);
    assertEquals(
      await app.rows("select path from events_log where event_type = 'pageview' order by path collate \"C\""),
      [
        { path: "/blog/%C3%BCber" },
        { path: "/blog/%c3%bcber" },
        { path: "/blog/über" },
        { path: "/next" },
      ],
    );
    await expectOnePage(app);

    // As a release before this one left it.
    await app.db.exec(`
      update pageviews set path = '/blog/%c3%bcber' where session_id = 'sess_2';
      update user_events set page_path = '/blog/%c3%bcber' where session_id = 'sess_2';
      update user_sessions set entry_path = '/blog/%c3%bcber', exit_path = '/blog/%c3%bcber' where session_id = 'sess_2';
      update goals set page = '/blog/%C3%BCber'`);
    await app.rows("select begin_rebuild(null, '-infinity', 'infinity')");
    await app.etl();
    await expectOnePage(app);
    assertEquals(await app.rows("select distinct page_path from user_events"), [{ page_path: "/blog/über" }]);
    assertEquals(await app.rows("select distinct entry_path from user_sessions"), [{
      entry_path: "/blog/über",
    }]);
  });
}

async function visit(app: TestApp): Promise<void> {
  const spellings = ["/blog/%C3%BCber", "/blog/%c3%bcber", "/blog/über"];
  const view = (path: string, n: number, seconds: number) =>
    pageview({
      path,
      url: `https://example.com${path}`,
      sessionId: `sess_${n}`,
      visitorId: `vis_${n}`,
      timestamp: at(seconds),
    });
  await app.collect(spellings.map((path, i) => view(path, i + 1, i)));
  await app.collect([
    view("/next", 1, 20),
    view("/geheim/%C3%BCbersicht", 1, 40),
    {
      ...view("/blog/%c3%bcber", 2, 25),
      eventType: "page_exit",
      eventData: { timeSpent: 24_000, engagedTime: 10_000 },
    },
  ]);
  const added = await app.request("/api/v1/sites/example-com/goals", {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "Read", page: "/blog/%C3%BCber" }),
  });
  assertEquals(added.status, 201);
  await app.etl();
}

async function expectOnePage(app: TestApp): Promise<void> {
  const days = "from=2026-03-10&to=2026-03-10";
  const get = async (path: string) => await (await ask(app, `/sites/example-com/${path}`)).json();
  const pages = await get(`breakdown/page?${days}&search=${encodeURIComponent("BLOG/%c3%bcb")}`);
  assertEquals(
    pages.rows.map((
      { value, pageviews, engagedSeconds }: Record<string, unknown>,
    ) => [value, pageviews, engagedSeconds]),
    [["/blog/über", 3, 10]],
  );
  for (
    const filter of [
      "page:is:/blog/über",
      "page:is:/blog/%C3%BCber",
      "entry:is:/blog/%c3%bcber",
      "page:contains:BLOG/%C3%BC",
      "exit:is_not:/blog/%zz",
    ]
  ) {
    const { current } = await get(`overview?${days}&compare=none&filter=${encodeURIComponent(filter)}`);
    assertEquals([filter, current.sessions], [filter, 3]);
  }
  const { goals } = await get(`goals?${days}`);
  assertEquals(
    goals.map(({ page, completions, rate }: Record<string, unknown>) => [page, completions, rate]),
    [
      ["/blog/über", 3, 1],
    ],
  );
  const funnel = await get(
    `funnel?${days}&step=${encodeURIComponent("page:/blog/%C3%BCber")}&step=page:/next`,
  );
  assertEquals(funnel.steps.map(({ count }: { count: number }) => count), [3, 1]);
  const journeys = await get(`journeys?${days}&page=${encodeURIComponent("/blog/%c3%bcber")}`);
  assertEquals([journeys.views, journeys.next], [3, [
    { value: null, count: 2, share: 2 / 3 },
    { value: "/next", count: 1, share: 1 / 3 },
  ]]);
}

Deno.test("a path of nothing but escapes takes no longer than its length", async () => {
  await using app = await testApp();
  for (
    const path of [
      "/" + "%C3%BC".repeat(300),
      "/" + "%E2%80%8B".repeat(220),
      "/" + "%".repeat(682),
      "/" + "%C3".repeat(680),
    ]
  ) {
    const [row] = await app.rows(
      "select length(canonical_path($1)) as length, octet_length(canonical_path($1)) as bytes",
      [path],
    );
    const form = canonicalPath(path);
    assertEquals(row, { length: form.length, bytes: new TextEncoder().encode(form).length });
  }
});

Deno.test("a path that its form makes too long ends before an escape, not within", async () => {
  await using app = await testApp();
  const [row] = await app.rows("select right(canonical_path($1), 4) as end, length(canonical_path($1))", [
    "/a" + "%".repeat(2046),
  ]);
  assertEquals(row, { end: "5%25", length: 2048 });
  const [shorter] = await app.rows("select right(canonical_path($1), 4) as end, length(canonical_path($1))", [
    "/" + "%".repeat(2047),
  ]);
  assertEquals(shorter, { end: "5%25", length: 1 + 3 * 682 });
});
