import { assertEquals } from "@std/assert";
import { saveSite } from "../db/site_directory.ts";
import { getPage, texts } from "./dashboard_page.ts";
import { ADMIN_TOKEN, at, batch, pageview, type TestApp, testApp } from "./fixtures.ts";
import { ask } from "./stats_shop.ts";
import { engines } from "./test_database.ts";

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
