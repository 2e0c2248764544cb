import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { bigFigures, getPage, panelRows, texts } from "./dashboard_page.ts";
import { DAY, visit, withVisits } from "./dashboard_visits.ts";
import { ADMIN_TOKEN, pageview, testApp } from "./fixtures.ts";
import { serverTest } from "./test_database.ts";

Deno.test("the overview shows the figures of the period, and each panel its values", async () => {
  await using app = await withVisits();
  const { status, html } = await getPage(app, `/dashboard/shop?${DAY}`);
  assertEquals(status, 200);
  assertEquals(bigFigures(html), {
    "Visitors": "3",
    "Sessions": "3",
    "Pageviews": "4",
    "Pages a session": "1.33",
    "Bounce rate": "67%",
    "Engaged time": "–",
    "Mean duration": "20s",
    "Events": "1",
  });
  assertEquals(panelRows(html, "pages"), [["/", "2", "50%"], ["/pricing", "2", "50%"]]);
  assertEquals(panelRows(html, "events"), [["add_to_cart", "1", "100%"]]);
  assertEquals(panelRows(html, "technology"), [["Chrome", "3", "100%"]]);
});

Deno.test("each figure tells its change in words and by an arrow, and a rising bounce rate is no good news", async () => {
  await using app = await testApp();
  const before = { timestamp: "2026-03-09T12:00:00.000Z" };
  await app.collect(visit("a", "/", before));
  await app.collect(visit("a", "/pricing", before));
  await app.collect(visit("b", "/"));
  await app.collect(visit("c", "/"));
  await app.etl();
  const { html } = await getPage(app, `/dashboard/shop?${DAY}`);
  assertEquals(texts(html, /(<span class="change.*?)<\/a>/g), [
    "↑ 100% more than before, when it was 1",
    "↑ 100% more than before, when it was 1",
    "→ 0% as much as before, when it was 2",
    "↓ 50% less than before, when it was 2.00",
    "↑ new more than before, when it was 0%",
    "no comparison",
    "→ 0% as much as before, when it was 0s",
    "→ 0% as much as before, when it was 0",
  ]);
  assertEquals([...html.matchAll(/<span class="(change[^"]*)"/g)].map(([, kind]) => kind), [
    "change good",
    "change good",
    "change",
    "change bad",
    "change bad",
    "change",
    "change",
    "change",
  ]);
  const alone = await getPage(app, `/dashboard/shop?${DAY}&compare=none`);
  assertEquals(texts(alone.html, /(<span class="change.*?)<\/a>/g), []);
});

Deno.test("a value's link adds a filter, and a filter's link takes it away", async () => {
  await using app = await withVisits();
  const { links } = await getPage(app, `/dashboard/shop?${DAY}`);
  const link = links.find((href) => href.includes("filter=page:is:/pricing"))!;
  assertEquals(link, `/dashboard/shop?${DAY}&filter=page:is:/pricing`);

  const filtered = await getPage(app, link);
  assertEquals(bigFigures(filtered.html)["Visitors"], "2");
  assertEquals(texts(filtered.html, /<li class="chip">(.*?)<\/li>/gs), ["Page is /pricing ×"]);
  assertEquals(texts(filtered.html, /aria-label="(Remove filter[^"]*)"/g), [
    "Remove filter: Page is /pricing",
  ]);
  const without = /<a href="([^"]*)" aria-label="Remove filter/.exec(filtered.html)![1]!.replaceAll(
    "&amp;",
    "&",
  );
  assertEquals(without, `/dashboard/shop?${DAY}`);
  // Every view is of the same days and sessions.
  assert(filtered.links.includes(`/dashboard/shop/funnel?${DAY}&filter=page:is:/pricing`));
  assert(filtered.links.includes(`/dashboard/shop?filter=page:is:/pricing&period=7d`));
});

Deno.test("the form that adds a filter works without a script", async () => {
  await using app = await withVisits();
  const sent = `/dashboard/shop?${DAY}&filter_by=page&filter_that=contains&filter_value=${
    encodeURIComponent("a|b\\c")
  }`;
  const { status, headers } = await getPage(app, sent);
  assertEquals([status, headers.get("location")], [
    303,
    `/dashboard/shop?${DAY}&filter=page:contains:a%5C%7Cb%5C%5Cc`,
  ]);
  const { html } = await getPage(app, headers.get("location")!);
  assertEquals(texts(html, /<li class="chip">(.*?)<\/li>/gs), ["Page contains “a|b\\c” ×"]);
});

Deno.test("a tab is a link, and can be asked for as a part of the page", async () => {
  await using app = await withVisits();
  const path = `/dashboard/shop?${DAY}&sources=utm_campaign`;
  const rows = [["(no campaign)", "2", "67%"], ["spring", "1", "33%"]];
  assertEquals(panelRows((await getPage(app, path)).html, "sources"), rows);
  const part = await getPage(app, `${path}&part=sources`);
  assertMatch(part.html, /^<section [^>]*id="sources"/);
  assertEquals(panelRows(part.html, "sources"), rows);
});

Deno.test("a list has every value, finds some of them, and goes on to the next page", async () => {
  await using app = await testApp();
  const pages = Array.from({ length: 60 }, (_, i) => visit(String(i), `/page-${String(i).padStart(2, "0")}`));
  for (const event of pages) await app.collect(event);
  await app.etl();
  const first = await getPage(app, `/dashboard/shop/page?${DAY}`);
  assertEquals(texts(first.html, /<a class="value"[^>]*>(.*?)<\/a>/g).length, 50);
  assertEquals(texts(first.html, /<nav class="pages"[^>]*>(.*?)<\/nav>/gs), ["1–50 of 60 Next"]);
  const second = await getPage(app, first.links.find((href) => href.includes("page=2"))!);
  assertEquals(texts(second.html, /<nav class="pages"[^>]*>(.*?)<\/nav>/gs), ["51–60 of 60 Previous"]);
  const found = await getPage(app, `/dashboard/shop/page?${DAY}&search=page-1`);
  assertEquals(texts(found.html, /<nav class="pages"[^>]*>(.*?)<\/nav>/gs), ["1–10 of 10"]);
  assertEquals(texts(found.html, /<th scope="row">(.*?)<\/th>/gs)[0], "/page-10");
});

Deno.test("today is compared with yesterday up to the same time, and says so", async () => {
  await using app = await testApp();
  const day = (ago: number) => new Date(Date.now() - ago * 24 * 3_600_000).toISOString().slice(0, 10);
  await app.collect(visit("today", "/", { timestamp: `${day(0)}T00:00:00.000Z` }));
  await app.collect(visit("early", "/", { timestamp: `${day(1)}T00:00:00.000Z` }));
  await app.collect(visit("late", "/", { timestamp: `${day(1)}T23:59:59.999Z` }));
  await app.etl();
  const { html } = await getPage(app, "/dashboard/shop?period=today");
  assertMatch(
    texts(html, /<p class="range">(.*?)<\/p>/gs)[0]!,
    /^\d+ \w+ \d{4} vs yesterday until \d\d:\d\d$/,
  );
  assertEquals(texts(html, /(<span class="change.*?)<\/a>/g)[0], "→ 0% as much as before, when it was 1");
  const week = await getPage(app, "/dashboard/shop?period=7d");
  assertMatch(texts(week.html, /<p class="range">(.*?)<\/p>/gs)[0]!, / vs .* until \d\d:\d\d$/);
  const over = await getPage(app, "/dashboard/shop?period=yesterday");
  assertEquals([bigFigures(over.html)["Visitors"], /until/.test(over.html)], ["2", false]);
});

Deno.test("countries are filtered and searched by the names that are shown", async () => {
  await using app = await testApp();
  const from = (name: string, country: string) => visit(name, "/", { browser: { country } });
  for (const event of [from("a", "DE"), from("b", "FI"), from("c", "US")]) await app.collect(event);
  await app.etl();
  const countries = async (query: string) => {
    const { html } = await getPage(app, `/dashboard/shop/country?${DAY}&${query}`);
    return texts(html, /<a class="value"[^>]*>(.*?)<\/a>/g);
  };
  assertEquals(await countries("filter=country:is:germany|us"), ["Germany", "United States"]);
  assertEquals(await countries("filter=country:contains:AN"), ["Germany", "Finland"]);
  assertEquals(await countries("filter=country:contains_not:an"), ["United States"]);
  assertEquals(await countries("search=land"), ["Finland"]);
  assertEquals(await countries("search=de"), []);
  const added = await app.request(
    `/dashboard/shop?${DAY}&filter_by=country&filter_that=is&filter_value=Germany`,
    { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } },
  );
  assertEquals(
    [added.status, added.headers.get("location")],
    [303, `/dashboard/shop?${DAY}&filter=country:is:DE`],
  );
  const { status, html } = await getPage(app, `/dashboard/shop?${DAY}&filter=country:is:Germny`);
  assertEquals([status, texts(html, /<p>(.*?)<\/p>/g)[0]], [
    400,
    'filter\'s country "Germny" is unknown: give a code such as DE, or an English name such as Germany (did you mean Germany?).',
  ]);
});

Deno.test("where there is nothing, the page says why, and leads on", async () => {
  await using app = await withVisits();
  const notices = async (path: string) => {
    const { html } = await getPage(app, `/dashboard/shop${path}`);
    return texts(html, /<p class="(?:card )?notice"[^>]*>(.*?)<\/p>/gs);
  };
  const longAgo = "from=2020-01-01&to=2020-01-02";
  const filtered = `${DAY}&filter=country:is:JP`;
  assertEquals(await notices(`?${longAgo}`), [
    ...Array(4).fill("Nothing in these days."),
    "No event of the site’s own in these days.",
    "No goal yet. Add one",
  ]);
  assertEquals(await notices(`?${filtered}`), [
    ...Array(4).fill("Nothing in these days fits the filters. Clear them"),
    "No event of the site’s own in these days fits the filters. Clear them",
    "No goal yet. Add one",
  ]);
  assertEquals(await notices(`/page?${longAgo}`), ["Nothing in these days."]);
  assertEquals(await notices(`/page?${DAY}&page=9`), ["The list has no page 9. Its first page"]);
  assertEquals(await notices(`/page?${DAY}&search=zzz`), ["Nothing of that name."]);
  assertEquals(await notices(`/scroll?${filtered}`), ["Nothing in these days fits the filters. Clear them"]);
  assertEquals(await notices(`/forms?${longAgo}`), ["No form in these days."]);
  assertEquals(await notices(`/events?${longAgo}`), ["No event in these days."]);
  assertEquals(await notices(`/events?${DAY}&name=nothing`), ["No event of this name in these days."]);
  assertEquals(await notices(`/retention?${longAgo}`), ["Nobody came first in these weeks."]);
});

Deno.test("a site without events shows its tag, and the live check tells when the first one came", async () => {
  await using app = await testApp();
  await app.rows("insert into sites (site_id) values ('new')");
  const empty = await getPage(app, "/dashboard/new");
  assertEquals(texts(empty.html, /<h2>(.*?)<\/h2>/g), ["No events yet"]);
  assertEquals(
    texts(empty.html, /<code>(.*?)<\/code>/gs)[1],
    `<script defer src="http://localhost/tracking.js" data-site="new"></script>`,
  );
  const check = async () =>
    texts((await getPage(app, "/dashboard/new/arrival")).html, /<p[^>]*>(.*?)<\/p>/gs)[0]!;
  assertEquals(await check(), "Waiting for the first event. Open a page that carries the tag.");
  await app.collect(pageview({ siteId: "new" }));
  assertMatch(await check(), /^Events arrive\. The last one came on \d+ \w+ \d{4} at \d\d:\d\d UTC ?\./);
});

serverTest("a panel that takes too long says so, and the rest of the page stands", async () => {
  await using app = await testApp({ statsTimeout: 300 });
  await app.collect(visit("a", "/"));
  await app.etl();
  await app.db.transaction(async (tx) => {
    await tx.query("lock table dictionary in access exclusive mode");
    const { status, html } = await getPage(app, `/dashboard/shop?${DAY}`);
    assertEquals([status, bigFigures(html)["Visitors"]], [200, "1"]);
    const slow = texts(html, /<p class="notice"[^>]*>(This took too long.*?)<\/p>/gs);
    assertEquals(
      slow,
      Array(5).fill("This took too long. Fewer days or filters are answered sooner. Try again"),
    );
    const part = await getPage(app, `/dashboard/shop?${DAY}&part=pages`);
    assertEquals(part.status, 504);
    assertStringIncludes(part.html, "This took too long.");
  });
});

Deno.test("parameters that cannot be answered are answered with what would be right", async () => {
  await using app = await withVisits();
  for (
    const [query, problem] of [
      ["period=fortnight", "period must be one of"],
      ["from=2026-03-10", "to is missing"],
      ["from=2026-03-10&to=2026-03-09", "to must not be before from"],
      ["from=x&to=2026-03-09", "from must be a day such as"],
      ["filter=planet:is:mars", "filter must begin with one of"],
      ["compare=neighbour", "compare must be one of"],
      ["filter_by=page&filter_that=contains&filter_value=", "needs a text"],
    ]
  ) {
    const { status, html } = await getPage(app, `/dashboard/shop?${query}`);
    assertEquals([query, status], [query, 400]);
    assertStringIncludes(html, problem!);
  }
  assertEquals((await getPage(app, "/dashboard/shop/nothing")).status, 404);
});

Deno.test("a site that nobody knows shows its tag where any site is accepted, and is not found where none is", async () => {
  await using open = await testApp();
  const page = await getPage(open, "/dashboard/nowhere");
  assertEquals([page.status, texts(page.html, /<h2>(.*?)<\/h2>/g)], [200, ["No events yet"]]);
  await using closed = await testApp({ openRegistration: false });
  assertEquals((await getPage(closed, "/dashboard/nowhere")).status, 404);
});
