import { Choices } from "./random.ts";

/** What brings a visitor: the page before, and what a campaign's link carries. */
export interface Source {
  /** Empty where there is none. */
  referrer: string;
  /** Of the entry page's URL, with its question mark; empty where there is none. */
  query: string;
}

const from = (referrer: string): Source => ({ referrer, query: "" });
const campaign = (referrer: string, parameters: Record<string, string>): Source => ({
  referrer,
  query: `?${new URLSearchParams(parameters)}`,
});

const NEWSLETTER = { utm_source: "newsletter", utm_medium: "email" };
const PAID_SEARCH = {
  utm_source: "google",
  utm_medium: "cpc",
  utm_campaign: "brand",
  gclid: "Cj0KCQjw8eTFBhCX",
};
const tagged = (source: string, medium: string, name = "autumn-roasts") => ({
  utm_source: source,
  utm_medium: medium,
  utm_campaign: name,
});
const PAID_SOCIAL = { utm_source: "facebook", utm_medium: "paid_social", utm_campaign: "autumn-roasts" };

/** Where those come from who come for the first time; who comes again comes directly, or by a newsletter. */
export const SOURCES = new Choices<Source>([
  [from("https://www.google.com/"), 24],
  [from("https://www.google.de/"), 8],
  [from("https://www.bing.com/"), 4],
  [from("https://duckduckgo.com/"), 3],
  [from("https://www.ecosia.org/"), 1],
  [from(""), 24],
  [from("https://www.facebook.com/"), 3],
  [from("https://l.instagram.com/"), 3],
  [from("https://www.reddit.com/"), 2],
  [from("https://www.youtube.com/"), 2],
  [from("https://t.co/"), 1],
  [from("https://www.linkedin.com/"), 1],
  [from("https://chatgpt.com/"), 3],
  [from("https://www.perplexity.ai/"), 1.5],
  [from("https://claude.ai/"), 1],
  [from("https://gemini.google.com/"), 0.5],
  [from("https://mail.google.com/"), 1],
  [from("https://coffee-notes.example/best-roasters"), 3],
  [from("https://www.thegrind.example/reviews/tidewater"), 2],
  [campaign("https://www.google.com/", { ...PAID_SEARCH, utm_term: "coffee beans" }), 4],
  [campaign("https://www.google.com/", { ...PAID_SEARCH, utm_term: "espresso roast" }), 2],
  [campaign("https://www.facebook.com/", { ...PAID_SOCIAL, utm_content: "carousel" }), 2],
  [
    campaign("https://l.instagram.com/", { ...PAID_SOCIAL, utm_source: "instagram", utm_content: "story" }),
    2,
  ],
  [campaign("https://outlook.live.com/", { ...NEWSLETTER, utm_campaign: "november" }), 2],
  // An app that tells no referrer, but puts its id on the link.
  [campaign("", { fbclid: "IwY2xjawOSuQ5leHRuA2FlbQIxMQ" }), 2],
  [campaign("https://chatgpt.com/", { utm_source: "chatgpt.com" }), 1.5],
  [from("https://www.idealo.de/"), 1],
  [campaign("https://www.google.com/", { ...PAID_SEARCH, utm_campaign: "shopping-beans" }), 1.5],
  [campaign("https://www.google.com/", { ...PAID_SEARCH, utm_campaign: "cross-network-autumn" }), 1],
  [campaign("https://www.youtube.com/", tagged("youtube", "cpv")), 1],
  [campaign("https://daily-paper.example/", tagged("daily-paper", "display")), 1.5],
  [campaign("https://daily-paper.example/", tagged("content-network", "cpc")), 0.5],
  [campaign("https://beanfinder.example/", tagged("beanfinder", "affiliate")), 1.5],
  [campaign("", tagged("coffee-hour", "audio")), 0.5],
  [campaign("", tagged("flyer", "qr")), 1],
]);

export const SOURCES_AGAIN = new Choices<Source>([
  [from(""), 62],
  [from("https://www.google.com/"), 16],
  [campaign("https://mail.google.com/", { ...NEWSLETTER, utm_campaign: "november" }), 9],
  [campaign("", { ...NEWSLETTER, utm_campaign: "welcome" }), 8],
  [from("https://www.facebook.com/"), 5],
  [campaign("", tagged("shop", "sms", "back-in-stock")), 2],
  [campaign("", tagged("shop", "web-push", "back-in-stock")), 2],
]);
