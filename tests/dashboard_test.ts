import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createShareLink } from "../db/share_links.ts";
import { bigFigures, getPage, panelRows, texts } from "./dashboard_page.ts";
import { ADMIN_TOKEN, at, pageview, type TestApp, testApp } from "./fixtures.ts";

const DAY = "from=2026-03-10&to=2026-03-10";

const visit = (name: string, path: string, more: Record<string, unknown> = {}) =>
  pageview({ path, sessionId: `sess_${name}`, visitorId: `vis_${name}`, siteId: "shop", ...more });

/** Three visitors on one day: one reads two pages and clicks, two bounce, one of them from a campaign. */
async function withVisits(): Promise<TestApp> {
  const app = await testApp();
  const clicked = { eventType: "add_to_cart", eventData: { product: "espresso" } };
  for (
    const event of [
      visit("a", "/"),
      visit("a", "/pricing", { timestamp: at(30) }),
      { ...visit("a", "/pricing", { timestamp: at(60) }), ...clicked },
      visit("b", "/"),
      visit("c", "/pricing", {
        url: "https://example.com/pricing?utm_campaign=spring&utm_source=mail",
        attribution: undefined,
      }),
    ]
  ) await app.collect(event);
  await app.etl();
  return app;
}

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
    ...Array(5).fill("Nothing in these days."),
    "No goal yet. Add one",
  ]);
  assertEquals(await notices(`?${filtered}`), [
    ...Array(5).fill("Nothing in these days fits the filters. Clear them"),
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

const HOSTILE = `"><img src=x onerror=alert(1)></script><script>alert(2)</script>`;

Deno.test("no text of a visitor or of a URL becomes markup", async () => {
  await using app = await testApp();
  const path = `/${HOSTILE}`;
  await app.collect(visit("a", path, {
    page: { title: HOSTILE, path },
    referrer: undefined,
    attribution: {
      referrer: "https://evil.example/" + HOSTILE,
      referrerType: "referral",
      referrerPlatform: HOSTILE,
      utmParams: {
        utm_source: HOSTILE,
        utm_medium: HOSTILE,
        utm_campaign: HOSTILE,
        utm_content: HOSTILE,
        utm_term: HOSTILE,
      },
    },
    browser: { language: HOSTILE.slice(0, 20), screenWidth: 1, screenHeight: 1 },
  }));
  await app.collect({ ...visit("a", path, { timestamp: at(5) }), eventType: `<img src=x onerror=alert(3)>` });
  await app.collect({
    ...visit("a", path, { timestamp: at(6) }),
    eventType: "signup",
    eventData: { [HOSTILE]: HOSTILE, plan: HOSTILE },
  });
  await app.collect({
    ...visit("a", path, { timestamp: at(7) }),
    eventType: "form_submit",
    eventData: { formId: HOSTILE, formData: { [HOSTILE]: HOSTILE } },
  });
  await app.rows("insert into goals (site_id, name, page) values ('shop', $1, $2)", [HOSTILE, path]);
  await app.etl();
  const value = encodeURIComponent(HOSTILE);
  const pages = [
    `?${DAY}`,
    `?${DAY}&sources=source&pages=exit`,
    `?${DAY}&sources=utm_campaign&filter=page:contains:${value}&filter=event:is:${value}`,
    `?${DAY}&figure=${value}&interval=${value}&sources=${value}`,
    ...["page", "event", "source", "referrer", "utm_term", "language"].map((view) => `/${view}?${DAY}`),
    `/page?${DAY}&search=${value}`,
    `/realtime`,
    `/funnel?${DAY}&step=${value}&step=${value}`,
    `/journeys?${DAY}&path=${value}`,
    `/retention?${DAY}`,
    `/events?${DAY}&name=signup`,
    `/events?${DAY}&name=${value}`,
    ...["forms", "scroll", "goals"].map((view) => `/${view}?${DAY}`),
  ];
  for (const page of pages) {
    const { status, html } = await getPage(app, `/dashboard/shop${page}`);
    assertEquals([page, status], [page, 200]);
    assertEquals([page, ...html.matchAll(/<img|alert\(\d\)<\/script|<script>/g)].length, 1, page);
    // Nothing of it ends an attribute, either.
    assertEquals([page, html.includes(HOSTILE)], [page, false]);
  }
  const { html } = await getPage(app, `/dashboard/shop/page?${DAY}`);
  assertStringIncludes(html, "&lt;img src=x onerror=alert(1)&gt;");
});

Deno.test("pages bring no script or style of their own, and no other site frames or serves them", async () => {
  await using app = await withVisits();
  for (
    const path of ["/dashboard", "/dashboard/sites", `/dashboard/shop?${DAY}`, "/dashboard/shop/realtime"]
  ) {
    const { html, headers } = await getPage(app, path);
    assertEquals(
      headers.get("content-security-policy"),
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    assertEquals(headers.get("cache-control"), "private, no-store");
    assertEquals([...html.matchAll(/ style=| on\w+=|<style/g)].map(String), [], path);
    const scripts = [...html.matchAll(/<script[^>]*>/g)].map(String);
    assertEquals(
      scripts.filter((tag) => !tag.includes("src=") && !tag.includes("application/json")),
      [],
      path,
    );
  }
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

Deno.test("a panel that takes too long says so, and the rest of the page stands", async () => {
  await using app = await testApp({ statsTimeout: 300 });
  await app.collect(visit("a", "/"));
  await app.etl();
  await app.db.transaction(async (tx) => {
    await tx.query("lock table daily_dimensions in access exclusive mode");
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

Deno.test("a shared link shows its site to look at, with nothing to change and no other site", async () => {
  await using app = await withVisits();
  await app.rows(
    "insert into goals (site_id, name, page) values ('shop', 'Priced', '/pricing'), ('other', 'Other', '/')",
  );
  await app.collect(pageview({ siteId: "other" }));
  await app.etl();
  const link = await createShareLink(app.db, {
    siteId: "shop",
    name: "",
    passwordHash: null,
    embedOrigins: [],
  });
  const opened = await app.request(`/share/${link.slug}`);
  const cookie = opened.headers.getSetCookie()[0]!.split(";")[0]!;
  const look = async (view: string) => {
    const response = await app.request(`/dashboard/shop${view}?${DAY}`, { headers: { cookie } });
    return [response.status, await response.text()] as const;
  };
  for (const view of ["", "/realtime", "/goals", "/page"]) {
    const [status, html] = await look(view);
    assertEquals([view, status], [view, 200]);
    assertEquals(
      [...html.matchAll(/method="post"|\/dashboard\/sites|href="\/dashboard"|other/g)].map(String),
      [],
      view,
    );
  }
  const removed = await app.request("/dashboard/shop/goals", {
    method: "POST",
    headers: { cookie, "sec-fetch-site": "same-origin" },
    body: "name=Mine&target=/",
  });
  assertEquals(removed.status, 403);
});

Deno.test("an embedded link leads nowhere but to where it is shown", async () => {
  await using app = await withVisits();
  const link = await createShareLink(app.db, {
    siteId: "shop",
    name: "",
    passwordHash: null,
    embedOrigins: ["https://www.example.com"],
  });
  const response = await app.request(`/share/${link.slug}?${DAY}`);
  const html = await response.text();
  assertEquals(bigFigures(html)["Visitors"], "3");
  const paths = [...html.matchAll(/(?:<a\b[^>]*? href|action)="([^"]*)"/g)].map(([, href]) =>
    href!.split("?")[0]
  );
  assertEquals([...new Set(paths)].sort(), ["#main", `/share/${link.slug}`]);
  const part = await app.request(`/share/${link.slug}?${DAY}&pages=entry&part=pages`);
  assertEquals(panelRows(await part.text(), "pages"), [["/", "2", "67%"], ["/pricing", "1", "33%"]]);
});

Deno.test("who is not signed in is asked to, wherever they come", async () => {
  await using app = await withVisits();
  const paths = ["", "/sites", "/shop", "/shop/page", "/shop/realtime?part=live", "/shop/arrival"];
  const statuses = await Promise.all(paths.map(async (path) => {
    const response = await app.request(`/dashboard${path}`);
    await response.body?.cancel();
    return [response.status, response.headers.get("location")?.split("?")[0]];
  }));
  assertEquals(statuses, paths.map(() => [302, "/dashboard/sign-in"]));
});

Deno.test("each further view shows its answer", async () => {
  await using app = await testApp();
  const form = { formId: "contact", formData: { name: "Ada", email: "", message: "Hi" } };
  for (
    const event of [
      visit("a", "/"),
      visit("a", "/contact", { timestamp: at(20) }),
      { ...visit("a", "/contact", { timestamp: at(30) }), eventType: "form_submit", eventData: form },
      {
        ...visit("a", "/contact", { timestamp: at(31) }),
        eventType: "purchase",
        eventData: { revenue: 12.5, currency: "EUR", plan: "team" },
      },
      visit("b", "/"),
    ]
  ) await app.collect(event);
  await app.rows("insert into goals (site_id, name, page) values ('shop', 'Asked', '/contact')");
  await app.etl();
  const rows = async (view: string) => {
    const { html } = await getPage(app, `/dashboard/shop/${view}`);
    return [...html.matchAll(/<tbody>(.*?)<\/tbody>/gs)].flatMap(([, body]) =>
      [...body!.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) => texts(row!, /<t[hd][^>]*>(.*?)<\/t[hd]>/gs))
    );
  };
  assertEquals(await rows(`events?${DAY}&name=purchase`), [
    ["EUR", "1", "100%"],
    ["team", "1", "100%"],
    ["12.5", "1", "100%"],
  ]);
  assertEquals(await rows(`goals?${DAY}`), [
    ["Asked /contact", "1", "1", "50%", "–", "Remove"],
    ["purchase", "1", "€12.50"],
  ]);
  assertEquals(await rows(`forms?${DAY}`), [
    ["Views of its pages", "1"],
    ["Started", "0"],
    ["Submitted", "1"],
    ["message", "1", "100%"],
    ["name", "1", "100%"],
  ]);
  assertEquals(await rows(`scroll?${DAY}`), [
    ["/", "2", "0%", "0%", "0%", "0%"],
    ["/contact", "1", "0%", "0%", "0%", "0%"],
  ]);
  assertEquals(await rows(`journeys?${DAY}&path=/contact`), [
    ["/", "1", "100%"],
    ["The session ended here", "1", "100%"],
  ]);
  assertEquals(await rows(`retention?${DAY}`), [["9 Mar", "2", "100%"]]);
  const { html } = await getPage(
    app,
    `/dashboard/shop/funnel?${DAY}&step=/&step=/contact&step=event:purchase`,
  );
  assertEquals(texts(html, /<p class="step-name">(.*?)<\/p>/gs), [
    "1 / 2 100%",
    "2 /contact 1 50%",
    "3 purchase 1 50%",
  ]);
  assertEquals(texts(html, /<p class="soft small step-note">(.*?)<\/p>/gs), [
    "50% of the step before 1 left median 20s",
    "100% of the step before median 11s",
  ]);
});

Deno.test("a goal is refused with what would be right", async () => {
  await using app = await withVisits();
  const send = (fields: Record<string, string>) =>
    getPage(app, "/dashboard/shop/goals", { method: "POST", body: new URLSearchParams(fields).toString() });
  assertEquals((await send({ name: "Priced", target: "/pricing" })).status, 303);
  for (
    const [fields, problem] of [
      [{ name: "Priced", target: "/other" }, "There is a goal named Priced already."],
      [{ name: "", target: "/other" }, "Give a name of 1 to 100 characters."],
      [{ name: "Other", target: "" }, "Give a page's path, or an event's name."],
      [
        { name: "Other", target: "x".repeat(51) },
        "An event's name has at most 50 characters; a page's path begins with a slash.",
      ],
    ] as const
  ) {
    const { status, html } = await send(fields);
    assertEquals([status, texts(html, /<p class="error"[^>]*>(.*?)<\/p>/gs)], [400, [problem]]);
  }
  assertEquals(await app.rows("select name, page from goals"), [{ name: "Priced", page: "/pricing" }]);
});
