import { assert, assertEquals } from "@std/assert";
import { saveSite } from "../db/site_directory.ts";
import { PathRules, type PathSettings } from "../events/path_rules.ts";
import { getPage, texts } from "./dashboard_page.ts";
import { ADMIN_TOKEN, at, batch, pageview, type TestApp, testApp } from "./fixtures.ts";
import { ask } from "./stats_shop.ts";
import { engines } from "./test_database.ts";

const KEEP: PathSettings = { trailingSlash: "keep", indexHtml: "keep", pageParameters: [] };

// [settings, [what is sent, what is stored][]]
const CASES: [Partial<PathSettings>, [string, string][]][] = [
  [{ trailingSlash: "drop" }, [
    ["/", "/"],
    ["//", "/"],
    ["/about", "/about"],
    ["/about/", "/about"],
    ["/about//", "/about"],
    ["/a//b/", "/a//b"],
    ["/%C3%BCber/", "/über"],
    ["/about%2F", "/about%2F"],
    ["/index.html", "/index.html"],
    ["/about/?x=1", "/about?x=1"],
    // Hash routes.
    ["/#/one/", "/#/one"],
    ["/app/#!/one/", "/app#!/one"],
    ["/#/", "/#/"],
    ["/about/#team/", "/about#team/"],
    ["", ""],
  ]],
  [{ indexHtml: "drop" }, [
    ["/index.html", "/"],
    ["/docs/index.html", "/docs/"],
    ["/docs/index%2Ehtml", "/docs/"],
    ["/docs/index.html?x=1", "/docs/?x=1"],
    ["/docs/my-index.html", "/docs/my-index.html"],
    ["/docs/index.html/a", "/docs/index.html/a"],
    ["/docs/", "/docs/"],
  ]],
  [{ trailingSlash: "drop", indexHtml: "drop" }, [
    ["/index.html", "/"],
    ["/docs/index.html", "/docs"],
    ["/docs//index.html", "/docs"],
  ]],
  [{ pageParameters: ["id", "größe"] }, [
    ["/shop", "/shop"],
    ["/shop?id=7", "/shop?id=7"],
    ["/shop?sort=asc&id=7", "/shop?id=7"],
    ["/shop?gr%C3%B6%C3%9Fe=xl&id=7", "/shop?id=7&größe=xl"],
    ["/shop?id=a%20b", "/shop?id=a b"],
    ["/shop?id=a+b", "/shop?id=a b"],
    ["/shop?id=%c3%bc", "/shop?id=ü"],
    ["/shop?id=a%2fb%26c%23d%3De", "/shop?id=a/b%26c%23d%3De"],
    ["/shop?id=1&id=2", "/shop?id=1&id=2"],
    ["/shop?id", "/shop?id"],
    ["/shop?id=", "/shop?id"],
    ["/shop?ID=7", "/shop"],
    ["/shop?id=%zz%00", "/shop?id=%25zz%00"],
    ["/shop?a=?id=7", "/shop"],
    ["/#/shop?id=7", "/#/shop?id=7"],
    ["/?id=7#/shop", "/#/shop?id=7"],
    ["/shop/?id=7", "/shop/?id=7"],
  ]],
];

for (const [settings, paths] of CASES) {
  Deno.test(`by ${JSON.stringify(settings)} a path has one form, which stays as it is`, () => {
    const rules = new PathRules({ ...KEEP, ...settings });
    assertEquals(paths.map(([sent]) => [sent, rules.pathOf(sent)]), paths);
    assertEquals(paths.map(([, stored]) => rules.pathOf(stored)), paths.map(([, stored]) => stored));
  });
}

Deno.test("a parameter that the path does not have is looked for in its URL, and not in that of another page", () => {
  const rules = new PathRules({ ...KEEP, trailingSlash: "drop", pageParameters: ["id"] });
  // [path, URL, what is stored]
  const cases: [string, string, string][] = [
    ["/shop?id=1", "https://shop.test/shop?id=2", "/shop?id=1"],
    ["/shop", "https://shop.test/shop?id=2#?id=3", "/shop?id=2"],
    ["/shop/", "https://shop.test/shop?id=2", "/shop?id=2"],
    ["/über", "https://shop.test/%C3%BCber?id=2", "/über?id=2"],
    ["/#/shop", "https://shop.test/#/shop?id=3", "/#/shop?id=3"],
    ["/#/shop", "https://shop.test/?id=2#/shop", "/#/shop?id=2"],
    ["/shop", "https://shop.test/shop#id=3", "/shop"],
    ["/shop", "https://shop.test/old?id=2", "/shop"],
    ["/shop", "/shop?id=2", "/shop"],
  ];
  assertEquals(cases.map(([path, url]) => [path, url, rules.pathOf(path, url)]), cases);
});

Deno.test("no path takes the rules long, and none grows beyond what a column takes", () => {
  const rules = new PathRules({
    trailingSlash: "drop",
    indexHtml: "drop",
    pageParameters: Array.from({ length: 100 }, (_, i) => `p${i}`),
  });
  const hostile = [
    `/${"/".repeat(2_000)}x`,
    `/a${"/".repeat(2_000)}`,
    `/${"/index.html".repeat(180)}/`,
    `/?${"p1=&".repeat(2_000)}`,
    `/${"#?".repeat(1_000)}`,
    `/?p1=${"%F0%9F%98%80".repeat(500)}`,
  ];
  const started = performance.now();
  for (const path of hostile) {
    const stored = rules.pathOf(path, `https://shop.test${path}`);
    assert(stored.length <= 2048, `${stored.length} characters of ${path.slice(0, 20)}`);
    assertEquals(stored, stored.toWellFormed());
  }
  assert(performance.now() - started < 2_000);
});

for (const engine of engines()) {
  Deno.test(`by a site's setting, and from its change on, spellings of a page are one page (${engine.name})`, async () => {
    await using app = await testApp({ engine });
    const visit = async (session: string) => {
      const spellings = ["/about", "/about/", "/about/index.html", "/about/index.html?sort=asc&id=7"];
      await app.collect(spellings.map((spelling, i) =>
        pageview({
          siteId: "shop",
          sessionId: session,
          visitorId: session,
          timestamp: at(i),
          url: `https://shop.test${spelling}`,
          path: spelling.split("?")[0]!,
          page: {},
        })
      ));
      await app.etl();
    };
    await saveSite(app.db, { siteId: "shop" });
    await visit("before");
    assertEquals(await pages(app), [["/about", 1], ["/about/", 1], ["/about/index.html", 2]]);

    await saveSite(app.db, {
      siteId: "shop",
      trailingSlash: "drop",
      indexHtml: "drop",
      pageParameters: ["id"],
    });
    using _ = later();
    await visit("after");
    assertEquals(await pages(app), [
      ["/about", 4],
      ["/about/", 1],
      ["/about/index.html", 2],
      ["/about?id=7", 1],
    ]);
    assertEquals(await pages(app, "page:is:/about?id=7"), [["/about", 3], ["/about?id=7", 1]]);
    assertEquals(
      await app.rows(
        `select url, path, raw_event_data ->> 'path' as sent,
           (select entry_path from user_sessions where session_id = 'after') as entry,
           (select exit_path from user_sessions where session_id = 'after') as exit
         from events_log where session_id = 'after' and url like '%?%'`,
      ),
      [{
        url: "https://shop.test/about/index.html?sort=asc&id=7",
        path: "/about?id=7",
        sent: "/about/index.html",
        entry: "/about",
        exit: "/about?id=7",
      }],
    );
  });
}

/** Sets the clock by which collectors remember their sites half a minute ahead. */
function later(): Disposable {
  const now = performance.now;
  performance.now = () => now.call(performance) + 31_000;
  return { [Symbol.dispose]: () => performance.now = now };
}

/** The breakdown by page: each page with its pageviews. */
async function pages(app: TestApp, filter?: string): Promise<[string, number][]> {
  const query = new URLSearchParams({ from: "2026-03-10", to: "2026-03-10", ...filter && { filter } });
  const { rows } = await (await ask(app, `/sites/shop/breakdown/page?${query}`)).json();
  return rows.map(({ value, pageviews }: { value: string; pageviews: number }) => [value, pageviews])
    .sort(([a]: [string], [b]: [string]) => a < b ? -1 : 1);
}

Deno.test("events that come alone, in a batch, without a path and by the pixel have their page by the rules", async () => {
  await using app = await testApp();
  await saveSite(app.db, {
    siteId: "example-com",
    trailingSlash: "drop",
    pageParameters: ["id", "customerNo"],
  });
  await saveSite(app.db, { siteId: "example-com", redactNames: ["customerNo"] });
  const click = (name: string, page = {}) => ({ eventType: name, timestamp: at(5), eventData: {}, ...page });
  await app.collect([
    pageview({ url: "https://example.com/shop/?id=7&token=x", path: undefined, page: { path: "/shop/" } }),
    {
      siteId: "example-com",
      sessionId: "sess_1",
      visitorId: "vis_1",
      ...click("alone", { path: "/alone/" }),
    },
    batch([
      click("own path", { path: "/own/", url: "https://example.com/own/?id=8" }),
      click("own url", { url: "https://example.com/url/?customerNo=9" }),
      click("of the batch"),
      { eventType: "", path: "/rejected/" },
    ], { url: "https://example.com/batch/?id=10", path: "/batch/" }),
    batch([click("of the session")], { url: undefined, path: undefined }),
  ]);
  await app.request(
    `/collect?eventType=pageview&siteId=example-com&sessionId=pixel&visitorId=pixel&url=${
      encodeURIComponent("https://example.com/pixel/?id=11")
    }`,
  );
  await app.etl();
  assertEquals(
    await app.rows("select session_id = 'pixel' as is_pixel, path from pageviews order by 1"),
    [{ is_pixel: false, path: "/shop?id=7" }, { is_pixel: true, path: "/pixel?id=11" }],
  );
  assertEquals(
    await app.rows(`select event_type, page_path from user_events order by event_type collate "C"`),
    [
      { event_type: "alone", page_path: "/alone" },
      { event_type: "of the batch", page_path: "/batch?id=10" },
      { event_type: "of the session", page_path: "/shop?id=7" },
      { event_type: "own path", page_path: "/own?id=8" },
      { event_type: "own url", page_path: "/url?customerNo=redacted" },
    ],
  );
});

Deno.test("a page is excluded by the path that was sent, and by the one that is stored", async () => {
  await using app = await testApp();
  await saveSite(app.db, {
    siteId: "example-com",
    trailingSlash: "drop",
    indexHtml: "drop",
    pageParameters: ["id"],
    excludePaths: ["/admin/*", "/draft", "*/index.html"],
  });
  const status = async (url: string) =>
    (await app.collect(pageview({ url, path: undefined, page: {} }))).status;
  assertEquals(await status("https://example.com/admin/"), 204);
  assertEquals(await status("https://example.com/draft/?id=7"), 204);
  assertEquals(await status("https://example.com/a/index.html"), 204);
  assertEquals(await status("https://example.com/admin"), 202);
  assertEquals(
    (await app.collect(batch([{ eventType: "click", path: "/draft/" }, { eventType: "click", path: "/a/" }])))
      .status,
    202,
  );
  assertEquals(
    await app.rows(
      "select path, jsonb_path_query_array(raw_event_data, '$.events[*].path') as paths from events_log order by path",
    ),
    [{ path: "/admin", paths: [] }, { path: null, paths: ["/a"] }],
  );
});

Deno.test("a goal is kept by the path that is stored, and the Sites page names those that a setting has cut off", async () => {
  await using app = await testApp();
  await saveSite(app.db, { siteId: "shop" });
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const add = async (name: string, page: string) =>
    (await app.request("/api/v1/sites/shop/goals", {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ name, page }),
    })).status;
  assertEquals([await add("Old", "/about/"), await add("Plain", "/shop")], [201, 201]);
  await saveSite(app.db, { siteId: "shop", trailingSlash: "drop", pageParameters: ["id"] });
  assertEquals([await add("New", "/about/"), await add("Item", "/shop/?x=1&id=7")], [201, 201]);
  await getPage(app, "/dashboard/shop/goals", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ name: "By form", target: "/form/" }).toString(),
  });
  assertEquals(await app.rows("select name, page from goals order by name"), [
    { name: "By form", page: "/form" },
    { name: "Item", page: "/shop?id=7" },
    { name: "New", page: "/about" },
    { name: "Old", page: "/about/" },
    { name: "Plain", page: "/shop" },
  ]);
  const { html } = await getPage(app, "/dashboard/sites?site=shop");
  assertEquals(texts(html, /<section class="card" aria-label="Goals">.*?<ul>(.*?)<\/ul>/gs), [
    "Old: /about/ is stored as /about",
  ]);
  await saveSite(app.db, { siteId: "shop", trailingSlash: "keep" });
  assertEquals((await getPage(app, "/dashboard/sites?site=shop")).html.includes('aria-label="Goals"'), false);
});
