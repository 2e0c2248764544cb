import { assertEquals, assertStringIncludes } from "@std/assert";
import { getPage } from "./dashboard_page.ts";
import { DAY, visit } from "./dashboard_visits.ts";
import { at, testApp } from "./fixtures.ts";
import { ask } from "./stats_shop.ts";

// It ends an isolation, and then turns around what follows: it reads `exe.png`.
const TURNED = "a\u2069\u2029\u202egnp.exe";

/** What is shown of a page outside of isolated text. What fields hold is on its own. */
function notIsolated(html: string): string {
  return html
    .replace(/<bdi>(?:(?!<\/bdi>)[^\u2069\u2029])*<\/bdi>/gu, "")
    .replace(/\u2068[^\u2068\u2069\u2029]*\u2069/gu, "")
    .replace(/ (?:href|value|data-refresh|action)="[^"]*"/g, "");
}

Deno.test("a text that is written from right to left turns nothing around but itself", async () => {
  await using app = await testApp({ openRegistration: true });
  const path = `/${TURNED}`;
  await app.collect(visit("a", path, {
    attribution: {
      referrer: "https://evil.example/",
      referrerType: "referral",
      referrerPlatform: TURNED,
      utmParams: {
        utm_source: TURNED,
        utm_medium: TURNED,
        utm_campaign: TURNED,
        utm_content: TURNED,
        utm_term: TURNED,
      },
    },
    browser: { language: TURNED, screenWidth: 1, screenHeight: 1 },
  }));
  const event = (seconds: number, eventType: string, eventData: object) => ({
    ...visit("a", path, { timestamp: at(seconds) }),
    eventType,
    eventData,
  });
  await app.collect([
    event(5, TURNED, { revenue: 5 }),
    event(6, "signup", { [TURNED]: TURNED, plan: TURNED }),
    event(7, "click", { href: `https://other.example/${TURNED}`, isDownload: true }),
    event(7, "form_submit", { formId: TURNED, formData: { [TURNED]: TURNED } }),
  ]);
  await app.rows("insert into goals (site_id, name, event_name) values ('shop', $1, $2)", [TURNED, TURNED]);
  const odd = `x${TURNED.replace("\u2029", "")}`;
  await app.collect({ ...visit("b", "/"), siteId: odd });
  await app.etl();

  const value = encodeURIComponent(TURNED);
  const site = encodeURIComponent(odd);
  const pages = [
    `shop?${DAY}&sources=source&events=outbound`,
    `shop?${DAY}&sources=utm_campaign&events=download&filter=utm_term:is:${value}|${value}&filter=event:contains:${value}`,
    ...["event", "source", "utm_medium", "utm_content", "language"].map((view) => `shop/${view}?${DAY}`),
    `shop/funnel?${DAY}&step=${value}&step=${value}`,
    `shop/journeys?${DAY}&path=${value}`,
    `shop/events?${DAY}&name=signup`,
    `shop/events?${DAY}&name=${value}`,
    ...["forms", "scroll", "goals", "realtime"].map((view) => `shop/${view}?${DAY}`),
    `${site}?${DAY}`,
    `sites?site=${site}`,
    "",
    // Errors.
    `shop?filter=country:is:${value}`,
    `shop/${value}`,
    `${value}`,
  ];
  for (const page of pages) {
    const { html } = await getPage(app, `/dashboard/${page}`.replace(/\/$/, ""), {
      headers: { accept: "text/html" },
    });
    const [turned] = /.{0,60}\u202e.{0,60}/u.exec(notIsolated(html)) ?? [];
    assertEquals([page, turned], [page, undefined]);
  }
  const { html } = await getPage(app, `/dashboard/shop/utm_medium?${DAY}&filter=utm_term:is:${value}`);
  assertStringIncludes(html, "<bdi>a \u202egnp.exe</bdi>");
  assertStringIncludes(html, 'title="\u2068a \u202egnp.exe\u2069"');
  assertStringIncludes(html, 'aria-label="Remove filter: UTM term is \u2068a \u202egnp.exe\u2069"');

  // Programs get what was sent.
  const { rows } = await (await ask(app, `/sites/shop/breakdown/utm_medium?${DAY}`)).json();
  assertStringIncludes(rows[0].value, "\u2069");
});

Deno.test("a text from left to right is shown as it is", async () => {
  await using app = await testApp();
  await app.collect(visit("a", "/", { attribution: { utmParams: { utm_source: "grüße 你好 (x)" } } }));
  await app.etl();
  const { html } = await getPage(app, `/dashboard/shop/utm_source?${DAY}`);
  assertStringIncludes(html, 'title="grüße 你好 (x)">grüße 你好 (x)</a>');
  assertEquals(html.includes("<bdi>"), false);
});
