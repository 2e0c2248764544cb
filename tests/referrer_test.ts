import { assertEquals } from "@std/assert";
import { classifyReferrer, hostOf, isWithin } from "../events/referrer.ts";

// [referrer, type, platform], seen by a page of www.shop.example whose site also lists partner.example
const REFERRERS: [string | undefined, string, string | null][] = [
  [undefined, "direct", null],
  ["", "direct", null],
  ["direct", "direct", null],
  ["about:blank", "direct", null],
  ["no url", "direct", null],
  ["javascript:alert(1)", "direct", null],
  ["//www.google.com/", "direct", null],

  ["https://www.shop.example/cart", "internal", null],
  ["https://shop.example/", "internal", null],
  ["https://blog.shop.example/", "internal", null],
  ["HTTPS://SHOP.EXAMPLE", "internal", null],
  ["https://partner.example:8443/x", "internal", null],
  ["https://www.partner.example/", "internal", null],
  ["https://workshop.example/", "referral", "workshop.example"],
  ["https://shop.example.evil.test/", "referral", "shop.example.evil.test"],
  ["https://shop.example@evil.test/", "referral", "evil.test"],
  ["https://a@shop.example@evil.test/", "referral", "evil.test"],
  ["https://evil.test/?from=https://shop.example/", "referral", "evil.test"],
  ["https://evil.test#@shop.example/", "referral", "evil.test"],
  ["http://[2001:db8::9]:8000/a", "referral", "[2001:db8::9]"],
  ["http://localhost:3000/", "referral", "localhost"],
  ["http://203.0.113.9/", "referral", "203.0.113.9"],

  ["https://www.google.com/", "search", "google"],
  ["https://google.com", "search", "google"],
  ["https://www.google.co.uk/url?q=x", "search", "google"],
  ["https://www.google.com.au/", "search", "google"],
  ["https://images.google.de/", "search", "google"],
  ["http://GOOGLE.DE./", "search", "google"],
  ["android-app://com.google.android.googlequicksearchbox/", "search", "google"],
  ["https://www.bing.com/search?q=x", "search", "bing"],
  ["https://cn.bing.com/", "search", "bing"],
  ["https://search.yahoo.com/", "search", "yahoo"],
  ["https://search.yahoo.co.jp/search?p=x", "search", "yahoo"],
  ["https://de.search.yahoo.com/", "search", "yahoo"],
  ["https://yandex.com.tr/", "search", "yandex"],
  ["https://duckduckgo.com/", "search", "duckduckgo"],
  ["https://search.brave.com/", "search", "brave"],
  ["https://brave.com/", "referral", "brave.com"],
  ["https://www.baidu.com/link", "search", "baidu"],

  ["https://mail.google.com/mail/u/0/", "email", "gmail"],
  ["android-app://com.google.android.gm/", "email", "gmail"],
  ["https://mail.yahoo.com/", "email", "yahoo-mail"],
  ["https://mail.yahoo.co.jp/", "email", "yahoo-mail"],
  ["https://outlook.live.com/", "email", "outlook"],
  ["https://www.icloud.com/mail", "email", "icloud-mail"],

  ["https://gemini.google.com/app", "ai", "gemini"],
  ["https://chatgpt.com/", "ai", "chatgpt"],
  ["https://edgeservices.bing.com/", "ai", "copilot"],
  ["https://yiyan.baidu.com/", "ai", "yiyan"],
  ["https://www.perplexity.ai/search", "ai", "perplexity"],

  ["https://t.co/abc", "social", "x"],
  ["https://l.facebook.com/l.php", "social", "facebook"],
  ["https://m.facebook.com/", "social", "facebook"],
  ["android-app://com.reddit.frontpage", "social", "reddit"],
  ["https://old.reddit.com/r/x", "social", "reddit"],
  ["https://www.pinterest.co.uk/pin/1", "social", "pinterest"],
  ["https://news.ycombinator.com/item?id=1", "social", "hacker-news"],

  ["https://search.google.com/", "referral", "google-search-console"],
  ["https://play.google.com/store", "referral", "google-play"],
  ["https://photos.google.com/", "referral", "photos.google.com"],
  ["https://accounts.google.co.uk/", "referral", "accounts.google.co.uk"],
  ["https://scholar.google.de/", "search", "google"],
  ["https://www.yahoo.com/", "search", "yahoo"],
  ["https://finance.yahoo.com/", "referral", "finance.yahoo.com"],
  ["https://r.search.yahoo.com/", "search", "yahoo"],
  ["https://market.yandex.ru/", "referral", "yandex-market"],
  ["https://music.yandex.ru/", "referral", "music.yandex.ru"],
  ["https://www.kvasir.no/", "search", "kvasir.no"],
  ["https://suche.gmx.net/", "search", "gmx"],
  ["https://blog.naver.com/x", "social", "naver-blog"],

  ["https://deref-gmx.co.uk/mail/client/", "email", "gmx-mail"],
  ["https://lightmailer-bs.web.de/", "email", "webde-mail"],
  ["https://webmail.example.com/", "email", "webmail.example.com"],
  ["https://mail2.example.org/", "email", "mail2.example.org"],
  ["https://mail.example/", "referral", "mail.example"],
  ["https://mailing.example.com/", "referral", "mailing.example.com"],

  ["https://chaos.social/@a", "social", "mastodon"],
  ["https://duck.ai/", "ai", "duck-ai"],
  ["https://x.com/i/grok", "ai", "grok"],
  ["https://x.com/i/grok/share/1", "ai", "grok"],
  ["https://x.com/i/grokking", "social", "x"],
  ["https://x.com/", "social", "x"],

  ["https://google.example.com/", "referral", "google.example.com"],
  ["https://notgoogle.com/", "referral", "notgoogle.com"],
  ["https://google.github.io/", "referral", "google.github.io"],
  ["https://not-t.co/", "referral", "not-t.co"],
  ["android-app://com.example.reader/", "referral", "com.example.reader"],
  ["https://www.neighbour.example/a", "referral", "neighbour.example"],
];

for (const [referrer, type, platform] of REFERRERS) {
  Deno.test(`referrer: ${referrer ?? "none"} is ${type}${platform === null ? "" : `, ${platform}`}`, () => {
    assertEquals(classifyReferrer(referrer, ["www.shop.example", "partner.example"]), { type, platform });
  });
}

Deno.test("referrer: a host that is longer than any may be is a referral, and takes no time to look up", () => {
  const host = `${"a.".repeat(50_000)}google.com`;
  assertEquals(classifyReferrer(`https://${host}/`, ["shop.example"]), { type: "referral", platform: host });
});

Deno.test("referrer: a search engine is internal to itself", () => {
  assertEquals(classifyReferrer("https://www.google.com/", ["google.com"]), {
    type: "internal",
    platform: null,
  });
});

Deno.test("referrer: a page of an IPv6 address is internal to itself", () => {
  assertEquals(classifyReferrer("http://[::1]:8000/a", ["[::1]"]), { type: "internal", platform: null });
});

const HOSTS: [string | undefined, string | undefined][] = [
  ["https://www.Example.com:8443/a", "example.com"],
  ["https://user:pass@example.com/", "example.com"],
  ["https://example.com?x", "example.com"],
  ["https://example.com.", "example.com"],
  ["ios-app://1234/https/example.com", "1234"],
  ["null", undefined],
  ["example.com", undefined],
  ["file:///etc/passwd", undefined],
  [undefined, undefined],
];

for (const [url, expected] of HOSTS) {
  Deno.test(`host: of ${url} is ${expected}`, () => {
    assertEquals(hostOf(url), expected);
  });
}

const WITHIN: [string, string, boolean][] = [
  ["example.com", "example.com", true],
  ["example.com", "www.example.com", true],
  ["www.example.com", "example.com", true],
  ["a.b.example.com", "Example.com", true],
  ["badexample.com", "example.com", false],
  ["example.com", "a.example.com", false],
  ["example.com.evil.test", "example.com", false],
  ["com", "example.com", false],
];

for (const [host, domain, expected] of WITHIN) {
  Deno.test(`host: ${host} is ${expected ? "" : "not "}within ${domain}`, () => {
    assertEquals(isWithin(host, domain), expected);
  });
}
