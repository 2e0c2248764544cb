import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { completeAttribution, PageUrl } from "../events/attribution.ts";
import { CHANNELS } from "../events/channel.ts";
import { isSecretName } from "../events/redact.ts";
import { wildValue } from "./wild_json.ts";

const SITE = { domains: [], isSecretName };

/** The channel of a page of example.com with this query, reached from this referrer. */
function channel(query: string, referrer = "", sent: Record<string, unknown> = {}): unknown {
  return completeAttribution(
    { referrer, ...sent },
    new PageUrl(`https://example.com/${query}`),
    undefined,
    SITE,
  ).channel;
}

// [what the address says, the referrer, the channel]
const CASES: [string, string, string][] = [
  ["", "", "Direct"],
  ["", "direct", "Direct"],
  ["", "https://example.com/before", "Direct"],
  ["?utm_source=(direct)&utm_medium=(none)", "", "Direct"],
  ["?utm_source=&utm_medium=%20", "", "Direct"],
  ["?utm_source=(not set)&utm_medium=(not set)", "", "Direct"],

  ["", "https://www.google.com/", "Organic Search"],
  ["", "https://www.google.co.uk/", "Organic Search"],
  ["", "android-app://com.google.android.googlequicksearchbox/", "Organic Search"],
  ["?utm_source=google", "", "Organic Search"],
  ["?utm_source=Google&utm_medium=ORGANIC", "", "Organic Search"],
  ["?utm_source=somewhere&utm_medium=organic", "", "Organic Search"],
  ["?utm_medium=organic", "https://forum.example/", "Organic Search"],

  ["?utm_source=google&utm_medium=cpc", "https://www.google.com/", "Paid Search"],
  ["?utm_source=%20GOOGLE%20&utm_medium=%20CPC%20", "", "Paid Search"],
  ["?utm_source=bing.com&utm_medium=ppc", "", "Paid Search"],
  ["?utm_source=google_ads&utm_medium=paid", "", "Paid Search"],
  ["?utm_source=adwords&utm_medium=cpm", "", "Paid Search"],
  ["?utm_source=agency&utm_medium=paid_search", "", "Paid Search"],
  ["?gclid=abc", "", "Paid Search"],
  ["?msclkid=abc", "https://www.bing.com/", "Paid Search"],
  ["?gclid=abc&utm_source=google&utm_medium=organic", "", "Paid Search"],
  ["?gclid=abc&utm_campaign=brand", "https://www.google.com/", "Paid Search"],

  ["?gbraid=abc", "https://www.google.com/", "Paid Search"],
  ["?wbraid=abc", "https://www.google.com/", "Paid Search"],
  ["?gad_source=1&gad_campaignid=2", "https://www.google.com/", "Paid Search"],
  ["?yclid=123", "https://yandex.ru/", "Paid Search"],
  ["?wbraid=abc&utm_source=youtube", "", "Paid Video"],
  ["?gbraid=", "https://www.google.com/", "Organic Search"],
  ["?ttclid=abc", "", "Paid Social"],
  ["?ttclid=abc&utm_source=summer", "https://www.tiktok.com/", "Paid Social"],
  ["?li_fat_id=abc", "https://www.linkedin.com/", "Paid Social"],
  ["?twclid=abc", "https://t.co/x", "Paid Social"],
  ["?epik=abc", "https://www.pinterest.de/", "Paid Social"],
  ["?rdt_cid=abc", "https://www.reddit.com/", "Paid Social"],
  ["?ScCid=abc", "", "Paid Social"],
  ["?sccid=abc", "", "Paid Social"],
  ["?dclid=abc", "https://news.example/", "Display"],
  ["?dclid=abc&utm_source=youtube", "", "Paid Video"],
  ["?dclid=abc&gclid=def", "", "Paid Search"],
  ["?srsltid=abc", "https://www.google.com/", "Organic Search"],

  ["", "https://l.facebook.com/", "Organic Social"],
  ["", "https://t.co/abc", "Organic Social"],
  ["?utm_source=fb", "", "Organic Social"],
  ["?utm_source=m.facebook.com", "", "Organic Social"],
  ["?utm_medium=social", "", "Organic Social"],
  ["?utm_source=team&utm_medium=Social%20Media", "", "Organic Social"],
  ["?fbclid=abc", "", "Organic Social"],
  ["?fbclid=abc", "https://l.instagram.com/", "Organic Social"],
  ["?utm_source=facebook&utm_medium=cpc&fbclid=abc", "", "Paid Social"],
  ["?utm_source=ig&utm_medium=paid_social", "", "Paid Social"],
  ["?utm_source=agency&utm_medium=paid-social", "", "Paid Social"],
  ["?utm_medium=paid&fbclid=abc", "", "Paid Social"],
  ["?utm_source=linkedin&utm_medium=retargeting", "", "Paid Social"],

  ["", "https://www.youtube.com/", "Organic Video"],
  ["?utm_source=vimeo", "", "Organic Video"],
  ["?utm_source=spring&utm_medium=video-mention", "", "Organic Video"],
  ["?utm_source=youtube&utm_medium=cpv&gclid=abc", "", "Paid Video"],
  ["?utm_source=youtube&utm_medium=cpc", "", "Paid Video"],

  ["", "https://www.amazon.de/dp/1", "Organic Shopping"],
  ["?utm_source=partner&utm_campaign=shopping-week", "", "Organic Shopping"],
  ["?utm_source=google&utm_medium=cpc&utm_campaign=Shop_DE", "", "Paid Shopping"],
  ["?utm_source=ebay&utm_medium=cpc", "", "Paid Shopping"],
  ["?utm_source=google&utm_medium=cpc&utm_campaign=workshop", "", "Paid Search"],

  ["?utm_source=news.example&utm_medium=banner", "", "Display"],
  ["?utm_source=adnetwork&utm_medium=CPM", "", "Display"],
  ["?gclid=abc&utm_source=google&utm_medium=display", "", "Display"],
  ["?utm_source=podcast&utm_medium=cpc", "", "Paid Other"],
  ["?utm_source=chatgpt.com&utm_medium=cpc", "", "Paid Other"],
  ["?utm_source=google&utm_medium=cpc&utm_campaign=Cross-Network", "", "Cross-network"],

  ["", "https://chatgpt.com/", "AI Assistants"],
  ["?utm_source=chatgpt.com", "", "AI Assistants"],
  ["?utm_source=chatgpt.com&utm_medium=referral", "https://chatgpt.com/", "AI Assistants"],
  ["?utm_source=Perplexity", "https://www.perplexity.ai/", "AI Assistants"],
  ["", "https://gemini.google.com/", "AI Assistants"],
  ["", "https://copilot.microsoft.com/", "AI Assistants"],

  ["?utm_source=newsletter&utm_medium=email", "https://outlook.live.com/", "Email"],
  ["?utm_medium=E-Mail", "", "Email"],
  ["?utm_source=newsletter&utm_campaign=spring", "https://www.google.com/", "Email"],
  ["?utm_source=list&utm_medium=newsletter", "", "Email"],
  ["?utm_source=mailchimp", "", "Email"],
  ["", "https://mail.google.com/", "Email"],

  ["", "https://deref-gmx.net/mail/client/x", "Email"],
  ["", "https://search.google.com/search-console", "Referral"],
  ["", "https://play.google.com/store/apps", "Referral"],
  ["", "https://finance.yahoo.com/news/x", "Referral"],
  ["", "https://forum.example/thread/1", "Referral"],
  ["?utm_source=partner&utm_medium=referral", "", "Referral"],
  ["?utm_source=partner&utm_medium=link", "https://www.google.com/", "Referral"],
  ["?utm_campaign=spring", "https://forum.example/", "Referral"],
  ["", "https://docs.google.com/document/d/1", "Referral"],
  ["?utm_source=partner&utm_medium=affiliate", "", "Affiliates"],
  ["?utm_source=spotify&utm_medium=audio", "", "Audio"],
  ["?utm_source=sms", "", "SMS"],
  ["?utm_source=app-push&utm_medium=web-push", "", "Mobile Push Notifications"],

  ["?utm_source=partner", "", "Unassigned"],
  ["?utm_source=partner&utm_medium=carrier-pigeon", "https://www.google.com/", "Unassigned"],
  ["?utm_campaign=spring", "", "Unassigned"],
  ["?utm_source=constructor&utm_medium=__proto__", "", "Unassigned"],
  [`?utm_source=${"a.".repeat(4_000)}`, "", "Unassigned"],
];

for (const [query, referrer, expected] of CASES) {
  const address = query.length > 100 ? `${query.slice(0, 20)}…` : query;
  Deno.test(`channel: ${address || "no campaign"}, from ${referrer || "nowhere"}, is ${expected}`, () => {
    assertEquals(channel(query, referrer), expected);
  });
}

Deno.test("channel: the cases above have every channel", () => {
  assertEquals(new Set(CASES.map(([, , channel]) => channel)), new Set(CHANNELS));
});

Deno.test("channel: what a client sends as one is overwritten", () => {
  assertEquals(channel("", "", { channel: "Paid Search" }), "Direct");
});

Deno.test("channel: the server's word on a referrer counts, the client's where there is none to look at", () => {
  const old = { referrerType: "referral", referrerPlatform: "chatgpt.com" };

  assertEquals(channel("", "https://chatgpt.com/", old), "AI Assistants");
  assertEquals(channel("", "", { referrerType: "search", referrerPlatform: "google" }), "Organic Search");
  assertEquals(channel("", "", { referrerType: "social", referrerPlatform: "youtube" }), "Organic Video");
  assertEquals(channel("", "", { referrerType: "internal" }), "Direct");
  assertEquals(channel("", "", { referrerType: "poster" }), "Unassigned");
});

Deno.test("channel: whatever an attribution holds, it is one of the list", () => {
  const known = new Set<unknown>(CHANNELS);
  const field = wildValue.map((json) => JSON.parse(json) as unknown);
  const attribution = fc.record({
    referrer: field,
    referrerType: fc.oneof(field, fc.string()),
    referrerPlatform: fc.oneof(field, fc.string()),
    utmParams: fc.oneof(
      field,
      fc.record({ utm_source: fc.oneof(field, fc.string()), utm_medium: fc.oneof(field, fc.webUrl()) }),
    ),
    campaignParams: fc.oneof(field, fc.record({ gclid: field, fbclid: field })),
  }, { requiredKeys: [] });
  fc.assert(fc.property(attribution, (sent) => {
    assert(known.has(completeAttribution(sent, new PageUrl(undefined), undefined, SITE).channel));
  }));
});
