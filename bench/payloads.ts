import { at, batch, pageview } from "../tests/fixtures.ts";

// Replaced by a fresh one in every request: wrk.lua.
const NIL_UUID = "00000000-0000-0000-0000-000000000000";

/** A pageview of a campaign as our tracker sends it, about 1.3 kB. */
export function singlePageview(): string {
  const campaign = {
    utm_source: "newsletter",
    utm_medium: "email",
    utm_campaign: "spring-sale-2026",
    utm_content: "header-button",
    utm_term: null,
  };
  const query =
    "?utm_source=newsletter&utm_medium=email&utm_campaign=spring-sale-2026&utm_content=header-button";
  const path = "/products/garden/watering-cans";
  const url = `https://example.com${path}${query}`;
  const referrer = "https://mail.example.net/";
  return JSON.stringify(pageview({
    eventId: NIL_UUID,
    path,
    url,
    attribution: {
      utmParams: campaign,
      campaignParams: { gclid: null, fbclid: null, msclkid: null },
      referrer,
      referrerType: "referral",
      referrerPlatform: null,
    },
    page: { title: "Watering cans – Example shop", url, path, referrer, queryParams: query, hash: "" },
  }));
}

/** One batch of clicks. */
export function batchOf(events: number): string {
  const click = (second: number) => ({
    eventType: "click",
    timestamp: at(second),
    eventData: {
      tagName: "A",
      id: `link-${second}`,
      href: "/contact",
      text: "Contact",
      position: { x: 640, y: 360 },
    },
  });
  return JSON.stringify(
    batch(Array.from({ length: events }, (_, second) => click(second)), { eventId: NIL_UUID }),
  );
}

/** An array of small events, each on its own: 1,000 of them stay below the collector's limit of 256 KiB. */
export function arrayOf(events: number): string {
  return JSON.stringify(Array.from({ length: events }, (_, second) => ({
    eventType: "click",
    eventId: NIL_UUID,
    timestamp: at(second),
    sessionId: "sess_1",
    visitorId: "vis_1",
    siteId: "example-com",
    path: "/products",
    eventData: { id: `link-${second}` },
  })));
}
