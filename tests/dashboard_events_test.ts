import { assertEquals } from "@std/assert";
import { links } from "../db/stats/links.ts";
import { bigFigures, getPage, panelRows, texts } from "./dashboard_page.ts";
import { DAY, visit } from "./dashboard_visits.ts";
import { ADMIN_TOKEN, at, batch, type TestApp, testApp } from "./fixtures.ts";
import { engines, type TestEngine } from "./test_database.ts";

/** One reader who scrolls, signs up, sends a form, downloads a file and leaves, and another one who only looks. */
async function withEvents(engine?: TestEngine): Promise<TestApp> {
  const app = await testApp({ engine });
  await app.rows("insert into sites (site_id, domains) values ('shop', '{example.com,www.partner.example}')");
  const click = (href: string, more: Record<string, unknown> = {}) => ({
    eventType: "click",
    timestamp: at(10),
    eventData: { tagName: "a", href, ...more },
  });
  const measured = ["scroll", "scroll_depth", "scroll_depth", "page_visibility", "page_exit", "text_copy"];
  await app.collect(visit("b", "/"));
  await app.collect(visit("a", "/"));
  await app.collect(batch([
    ...measured.map((eventType) => ({ eventType, timestamp: at(5), eventData: { milestone: 25 } })),
    click("https://example.com/pricing"),
    click("https://shop.example.com/cart"),
    click("https://partner.example/"),
    click("https://other.example/a?token=1#b"),
    click("https://other.example/a"),
    click("https://notexample.com/"),
    click("https://xn--mnchen-3ya.example/"),
    click("https://example.com/list.pdf?v=2", { isDownload: true, fileType: "pdf" }),
    click("mailto:a@example.com"),
    click("#top"),
    { eventType: "signup", timestamp: at(20), eventData: {} },
    { eventType: "signup", timestamp: at(21), eventData: {} },
    { eventType: "form_submit", timestamp: at(22), eventData: { formId: "f", formData: { a: "b" } } },
  ], { sessionId: "sess_a", visitorId: "vis_a", siteId: "shop" }));
  await app.etl();
  return app;
}

Deno.test("the events panel shows what the owner asks for, and says what it counts", async () => {
  await using app = await withEvents();
  const page = (query = "") => getPage(app, `/dashboard/shop?${DAY}${query}`);
  const { html } = await page();
  assertEquals(panelRows(html, "events"), [["signup", "2", "67%"], ["form_submit", "1", "33%"]]);
  assertEquals(panelRows((await page("&events=download")).html, "events"), [
    ["example.com/list.pdf", "1", "100%"],
  ]);
  const outbound = [
    ["other.example/a", "2", "50%"],
    ["notexample.com/", "1", "25%"],
    ["münchen.example/", "1", "25%"],
  ];
  assertEquals(panelRows((await page("&events=outbound")).html, "events"), outbound);
  assertEquals(panelRows((await page("&events=outbound&part=events")).html, "events"), outbound);
  assertEquals(panelRows((await page("&events=outbound&filter=page:is:/")).html, "events"), outbound);
  assertEquals(panelRows((await page("&events=outbound&filter=page:is:/no")).html, "events"), []);

  assertEquals(bigFigures(html)["Events"], "19");
  assertEquals(
    texts(html, /data-figure="events" title="([^"]*)"/g),
    [
      "Everything but pageviews: the site’s own events and forms, and what the tracker sends by itself, such as clicks, scrolling and leaving a page.",
    ],
  );
  assertEquals(
    texts(html, /id="events".*?<h2 title="([^"]*)"/gs),
    [
      "Events that the site sends under names of its own, and submitted forms. Not what the tracker sends by itself: clicks, copied text, scrolling, hiding and leaving a page, forms that are begun and abandoned, web vitals, errors.",
    ],
  );
});

Deno.test("the view of events begins with those of the site, and the API counts all of them", async () => {
  await using app = await withEvents();
  const { html } = await getPage(app, `/dashboard/shop/events?${DAY}`);
  assertEquals(texts(html, /<a class="counted"[^>]*>(.*?)<\/a>/gs), [
    "signup 2",
    "form_submit 1",
    "click 10",
    "scroll_depth 2",
    "page_exit 1",
    "page_visibility 1",
    "scroll 1",
    "text_copy 1",
  ]);
  assertEquals(texts(html, /<h2 class="clip">(.*?)<\/h2>/g), ["signup"]);

  const response = await app.request(`/api/v1/sites/shop/breakdown/event?${DAY}&limit=2`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  const { total, rows, count } = await response.json();
  assertEquals([total, count, rows.map(({ value }: { value: string }) => value)], [
    { sessions: 2, pageviews: 2, events: 19 },
    8,
    ["click", "scroll_depth"],
  ]);
});

for (const engine of engines()) {
  Deno.test(`links are those of the range and of the kind, the most frequent first (${engine.name})`, async () => {
    await using app = await withEvents(engine);
    const query = {
      site: "shop",
      timezone: "UTC",
      range: { from: "2026-03-10", to: "2026-03-10" },
      filters: [],
    };
    assertEquals(await links(app.db, query, "outbound", { limit: 1 }), {
      rows: [{ url: "https://other.example/a", clicks: 2 }],
      clicks: 4,
      count: 3,
    });
    assertEquals(
      await links(app.db, { ...query, range: { from: "2026-03-11", to: "2026-03-12" } }, "download", {
        limit: 9,
      }),
      { rows: [], clicks: 0, count: 0 },
    );
    // Without domains only the page's own host is the site's.
    await app.rows("update sites set domains = '{}'");
    const found = await links(app.db, query, "outbound", { limit: 9 });
    assertEquals(found.rows.map(({ url }) => url), [
      "https://other.example/a",
      "https://notexample.com/",
      "https://partner.example/",
      "https://shop.example.com/cart",
      "https://xn--mnchen-3ya.example/",
    ]);
  });
}
