import {
  BROWSER,
  DIRECT,
  FIREFOX,
  NO_CLICK_IDS,
  NO_UTM,
  NOW,
  PAGE,
  type RowCase,
  testRows,
} from "./enriched_rows.ts";

const ROWS: RowCase[] = [
  [
    "a pageview of nothing but its type is completed from the request",
    { eventType: "pageview" },
    { event_type: "pageview" },
    { eventType: "pageview", attribution: DIRECT, browser: BROWSER, page: PAGE },
  ],
  [
    "a pageview's attribution, page and path come from its URL",
    { eventType: "pageview", url: "https://example.com/p?utm_source=news&utm_medium=mail&gclid=g1#top" },
    {
      event_type: "pageview",
      url: "https://example.com/p?utm_source=news&utm_medium=mail&gclid=g1#top",
      path: "/p",
    },
    {
      eventType: "pageview",
      url: "https://example.com/p?utm_source=news&utm_medium=mail&gclid=g1#top",
      path: "/p",
      attribution: {
        ...DIRECT,
        utmParams: { ...NO_UTM, utm_source: "news", utm_medium: "mail" },
        campaignParams: { ...NO_CLICK_IDS, gclid: "g1" },
        channel: "Paid Search",
      },
      browser: BROWSER,
      page: {
        url: "https://example.com/p?utm_source=news&utm_medium=mail&gclid=g1#top",
        path: "/p",
        referrer: "",
        queryParams: "?utm_source=news&utm_medium=mail&gclid=g1",
        hash: "#top",
      },
    },
  ],
  ...[
    ["an app's", "https://example.com/#/land?utm_source=news&gclid=g1"],
    ["a plain", "https://example.com/#utm_source=news&gclid=g1"],
  ].map(([kind, url]): RowCase => [
    `a campaign named in ${kind} fragment counts`,
    { eventType: "pageview", url },
    { event_type: "pageview", url: url!, path: "/" },
    {
      eventType: "pageview",
      url,
      path: "/",
      attribution: {
        ...DIRECT,
        utmParams: { ...NO_UTM, utm_source: "news" },
        campaignParams: { ...NO_CLICK_IDS, gclid: "g1" },
        channel: "Paid Search",
      },
      browser: BROWSER,
      page: {
        url,
        path: "/",
        referrer: "",
        queryParams: "",
        hash: url!.slice("https://example.com/".length),
      },
    },
  ]),
  [
    "the country is the event's, in capitals, and else the time zone's; in a batch, too",
    {
      eventType: "batch",
      browser: { country: "fr" },
      events: [{ eventType: "pageview", browser: { timezone: "Asia/Calcutta", country: 91 } }],
    },
    { event_type: "batch" },
    {
      eventType: "batch",
      browser: { country: "FR" },
      events: [{
        eventType: "pageview",
        timestamp: NOW,
        attribution: DIRECT,
        browser: { ...BROWSER, timezone: "Asia/Calcutta", country: "IN" },
        page: PAGE,
      }],
    },
  ],
  [
    "what a pageview says stands, nulls and unknown fields are filled or kept",
    {
      eventType: "pageview",
      url: "https://example.com/p?utm_source=url",
      path: "/p",
      attribution: {
        utmParams: { utm_source: "sent", utm_medium: null, utm_id: "7" },
        campaignParams: null,
        referrer: "https://www.google.com/",
        referrerType: "paid",
        referrerPlatform: "ads",
        channel: "Email",
        model: "last",
      },
      browser: { userAgent: null, language: "fr", screenWidth: 1920 },
      page: { title: "P", url: null, path: null, referrer: "direct", queryParams: "?q=1", hash: "#h" },
    },
    { event_type: "pageview", url: "https://example.com/p?utm_source=url", path: "/p" },
    {
      eventType: "pageview",
      url: "https://example.com/p?utm_source=url",
      path: "/p",
      attribution: {
        utmParams: { ...NO_UTM, utm_source: "sent", utm_id: "7" },
        campaignParams: NO_CLICK_IDS,
        referrer: "https://www.google.com/",
        referrerType: "paid",
        referrerPlatform: "ads",
        channel: "Unassigned",
        model: "last",
      },
      browser: { userAgent: FIREFOX, language: "fr", screenWidth: 1920 },
      page: {
        title: "P",
        url: "https://example.com/p?utm_source=url",
        path: "/p",
        referrer: "direct",
        queryParams: "?q=1",
        hash: "#h",
      },
    },
  ],
  [
    "the referrer is classified, and a referrer of the page's own host is internal whatever the tracker says",
    {
      eventType: "pageview",
      url: "https://www.example.com/p",
      attribution: {
        referrer: "https://example.com/?token=a",
        referrerType: "referral",
        referrerPlatform: "x",
      },
    },
    { event_type: "pageview", url: "https://www.example.com/p", path: "/p" },
    {
      eventType: "pageview",
      url: "https://www.example.com/p",
      path: "/p",
      attribution: {
        ...DIRECT,
        referrer: "https://example.com/?token=redacted",
        referrerType: "internal",
      },
      browser: BROWSER,
      page: { ...PAGE, url: "https://www.example.com/p", path: "/p" },
    },
  ],
  [
    "an email address in a campaign is redacted in the URL and in the campaign",
    {
      eventType: "pageview",
      url: "https://example.com/?utm_content=ada%40example.com&utm_term=shoes",
      attribution: { utmParams: { utm_campaign: "ada@example.com" } },
    },
    {
      event_type: "pageview",
      url: "https://example.com/?utm_content=redacted&utm_term=shoes",
      path: "/",
    },
    {
      eventType: "pageview",
      url: "https://example.com/?utm_content=redacted&utm_term=shoes",
      path: "/",
      attribution: {
        ...DIRECT,
        utmParams: { ...NO_UTM, utm_content: "redacted", utm_term: "shoes", utm_campaign: "redacted" },
        channel: "Unassigned",
      },
      browser: BROWSER,
      page: {
        url: "https://example.com/?utm_content=redacted&utm_term=shoes",
        path: "/",
        referrer: "",
        queryParams: "?utm_content=redacted&utm_term=shoes",
        hash: "",
      },
    },
  ],
];

testRows(ROWS);
