import { assertEquals } from "@std/assert";
import type { NewEvent } from "../db/event_row.ts";
import { enrichEvent, type RequestContext, type SiteContext } from "../events/enrich.ts";
import { parsePayloads } from "../events/payload.ts";
import { isSecretName } from "../events/redact.ts";

export const ID = "0193e0c2-8d7e-7000-8000-000000000001";
export const SENT = { eventId: ID, siteId: "example-com", sessionId: "sess_1", visitorId: "vis_1" };
export const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
export const NOW = "2026-11-22T08:00:00.000Z";

export const REQUEST: RequestContext = {
  receivedAt: new Date(NOW),
  address: "203.0.113.9",
  country: undefined,
  isFromDataCentre: false,
  userAgent: FIREFOX,
  acceptLanguage: "de-AT,de;q=0.9",
  referer: undefined,
};
export const SITE: SiteContext = { domains: [], ipMode: "truncate", isSecretName };

export const NO_UTM = {
  utm_source: null,
  utm_medium: null,
  utm_campaign: null,
  utm_content: null,
  utm_term: null,
};
export const NO_CLICK_IDS = { gclid: null, fbclid: null, msclkid: null };
export const DIRECT = {
  utmParams: NO_UTM,
  campaignParams: NO_CLICK_IDS,
  referrer: null,
  referrerType: "direct",
  referrerPlatform: null,
  channel: "Direct",
};
export const BROWSER = { userAgent: FIREFOX, language: "de-AT" };
export const PAGE = { url: null, path: null, referrer: "", queryParams: "", hash: "" };

export function enrich(
  item: unknown,
  request: Partial<RequestContext> = {},
  site: Partial<SiteContext> = {},
): NewEvent {
  const { accepted } = parsePayloads(JSON.stringify(item));
  const payload = accepted[0]!.payload;
  return enrichEvent(payload, { ...REQUEST, ...request }, { ...SITE, ...site }, {
    visitorId: payload.visitorId ?? "vis_derived",
    sessionId: payload.sessionId ?? "sess_derived",
  });
}

/** As the writer and the spool pass it on. */
export function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** What the case shows, the item, the columns beside the usual ones, `raw_event_data` beside the usual fields. */
export type RowCase = [string, Record<string, unknown>, Record<string, unknown>, Record<string, unknown>];

/** A test of each case. */
export function testRows(rows: readonly RowCase[]): void {
  for (const [title, item, columns, raw] of rows) {
    Deno.test(`enrich: ${title}`, () => {
      const { row } = enrich({ ...SENT, ...item });

      assertEquals(json(row), {
        event_id: ID,
        event_type: "click",
        session_id: "sess_1",
        visitor_id: "vis_1",
        site_id: "example-com",
        timestamp: NOW,
        url: null,
        path: null,
        user_agent: FIREFOX,
        ip_address: "203.0.113.0",
        bot: null,
        ...(item.eventType === "form_submit" ? { event_type: "form_submit" } : {}),
        ...columns,
        raw_event_data: {
          ...SENT,
          eventType: item.eventType,
          timestamp: NOW,
          ...raw,
        },
      });
    });
  }
}
