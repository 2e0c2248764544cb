import { assertEquals } from "@std/assert";
import { domainToASCII } from "node:url";
import { withAsciiHost } from "../events/ascii_host.ts";
import { InvalidSetting, readDomain } from "../events/site_settings.ts";
import { shownHost, shownUrl } from "../web/dashboard/host_names.ts";
import { getPage, panelRows, texts } from "./dashboard_page.ts";
import { DAY, visit } from "./dashboard_visits.ts";
import { at, testApp } from "./fixtures.ts";

Deno.test("hosts are shown in Unicode", () => {
  const hosts = [
    "münchen.example",
    "straße.example",
    "việt.example",
    "пример-1.рф",
    "ελλάδα.gr",
    "日本語.jp",
    "ラーメン.jp",
    "한국.kr",
    "مثال.إختبار",
    "उदाहरण.भारत",
    "כולנו.ישראל",
    "unicodenáme.xxx",
    ..."భారత్ ભારત ਭਾਰਤ ভারত இந்தியா இலங்கை ලංකා ไทย سورية امارات فلسطين 中国 台灣 рф".split(" "),
    "shop.example",
    "localhost",
    "[2001:db8::1]",
  ];
  for (const host of hosts) assertEquals(shownHost(domainToASCII(host)), host);
});

Deno.test("hosts that could pass for others are shown in their xn-- form", () => {
  const hosts = [
    "аррӏе.com", // all Cyrillic
    "раypal.com", // Cyrillic and Latin
    "ναι.gr", // Greek letters that look Latin
    "google.comノx.com", // a Katakana letter that looks like a slash
    "gıthub.com", // a dotless i
    "ԁеl.com",
    "ꮪꮯꮋ.com", // Cherokee
    "🍕.example",
  ];
  for (const host of hosts) assertEquals(shownHost(domainToASCII(host)), domainToASCII(host));
  const broken = ["xn--", "xn--a", "xn--0000000", `xn--${"a".repeat(70)}`, "xn--mnchen-3ya..", ""];
  assertEquals(broken.map(shownHost), [
    "xn--",
    "xn--a",
    "xn--0000000",
    `xn--${"a".repeat(70)}`,
    "münchen..",
    "",
  ]);
});

Deno.test("of a URL only the host is shown in Unicode", () => {
  assertEquals(
    shownUrl("https://xn--mnchen-3ya.example:8443/xn--mnchen-3ya?x"),
    "https://münchen.example:8443/xn--mnchen-3ya?x",
  );
  assertEquals(shownUrl("xn--mnchen-3ya.example"), "xn--mnchen-3ya.example");
});

Deno.test("a domain is accepted in both spellings and kept in one", () => {
  for (
    const text of [
      "münchen.example",
      "MÜNCHEN.EXAMPLE.",
      "mu\u0308nchen.example",
      "https://xn--mnchen-3ya.example/a?b",
    ]
  ) assertEquals(readDomain(text), "xn--mnchen-3ya.example");
  for (const text of ["mün chen.example", "münchen..example", "ü".repeat(300), "*.münchen.example", ""]) {
    let refused: unknown;
    try {
      readDomain(text);
    } catch (error) {
      refused = error;
    }
    assertEquals([text, refused instanceof InvalidSetting], [text, true]);
  }
});

Deno.test("a host in Unicode is stored as browsers send it, and its place in a URL alone is changed", () => {
  const cases: [string, string][] = [
    ["https://münchen.example:8443/ü?ü#ü", "https://xn--mnchen-3ya.example:8443/ü?ü#ü"],
    ["https://user@MÜNCHEN.example", "https://user@xn--mnchen-3ya.example"],
    ["https://example.com/ü", "https://example.com/ü"],
    ["/ü", "/ü"],
    [`https://${"ü".repeat(300)}/`, `https://${"ü".repeat(300)}/`],
  ];
  for (const [sent, stored] of cases) assertEquals(withAsciiHost(sent), stored);
});

Deno.test("an internationalised host is read, filtered and searched in Unicode", async () => {
  await using app = await testApp();
  const from = (referrer: string) => ({ attribution: { referrer } });
  for (
    const event of [
      visit("a", "/", from("https://xn--mnchen-3ya.example/blog")),
      visit("b", "/", from("https://münchen.example/")),
      visit("c", "/", from("https://other.example/")),
      visit("d", "/", { url: "https://bücher.example/", ...from("https://xn--bcher-kva.example/") }),
      {
        ...visit("a", "/", { timestamp: at(5) }),
        eventType: "outbound",
        eventData: { href: "https://xn--mnchen-3ya.example/map" },
      },
    ]
  ) await app.collect(event);
  await app.etl();

  const { html } = await getPage(app, `/dashboard/shop?${DAY}&sources=source`);
  assertEquals(panelRows(html, "sources").map(([value, sessions]) => [value, sessions]), [
    ["münchen.example", "2"],
    ["Direct or unknown", "1"],
    ["other.example", "1"],
  ]);
  const rows = async (path: string) =>
    texts((await getPage(app, path)).html, /<th scope="row">(.*?)<\/th>/gs);
  const host = encodeURIComponent("münchen.example");
  assertEquals(await rows(`/dashboard/shop/referrer?${DAY}&search=${host}`), ["münchen.example"]);
  assertEquals(await rows(`/dashboard/shop/source?${DAY}&filter=source:is:${host}`), ["münchen.example"]);
  assertEquals(await rows(`/dashboard/shop/source?${DAY}&filter=source:is_not:${host}&search=ex`), [
    "other.example",
  ]);
  assertEquals(
    texts(
      (await getPage(app, `/dashboard/shop/events?${DAY}&name=outbound`)).html,
      /<span class="value"[^>]*>(.*?)<\/span>/g,
    ),
    ["https://münchen.example/map"],
  );
});
