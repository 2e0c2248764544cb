import { at, pageview, type TestApp, testApp } from "./fixtures.ts";

export const DAY = "from=2026-03-10&to=2026-03-10";

export const visit = (name: string, path: string, more: Record<string, unknown> = {}) =>
  pageview({ path, sessionId: `sess_${name}`, visitorId: `vis_${name}`, siteId: "shop", ...more });

/** Three visitors on one day: one reads two pages and clicks, two bounce, one of them from a campaign. */
export async function withVisits(): Promise<TestApp> {
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
