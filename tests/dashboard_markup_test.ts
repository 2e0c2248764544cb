import { assertEquals, assertStringIncludes } from "@std/assert";
import { getPage } from "./dashboard_page.ts";
import { DAY, visit, withVisits } from "./dashboard_visits.ts";
import { at, testApp } from "./fixtures.ts";

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
    eventType: "click",
    eventData: { href: `https://other.example/${HOSTILE}`, isDownload: true },
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
    `?${DAY}&sources=source&pages=exit&events=outbound`,
    `?${DAY}&events=download`,
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
