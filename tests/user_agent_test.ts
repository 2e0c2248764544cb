import type { AgentRow } from "../db/event_row.ts";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { parseUserAgent } from "../events/user_agent.ts";

const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
const LINUX = "Mozilla/5.0 (X11; Linux x86_64)";

const WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
const IPHONE = `Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${WEBKIT}`;
const IPAD = `Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) ${WEBKIT}`;
const SAFARI = "Mobile/15E148 Safari/604.1";
const ANDROID = (device: string) =>
  `Mozilla/5.0 (Linux; Android 14; ${device}) AppleWebKit/537.36 (KHTML, like Gecko)`;

const AGENTS: [string, Omit<AgentRow, "user_agent">][] = [
  [`${MAC} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36`, {
    browser: "Chrome",
    browser_version: "142.0.0.0",
    os: "Mac OS",
    os_version: null,
    device_type: "desktop",
    is_bot: false,
  }],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", {
    browser: "Firefox",
    browser_version: "145.0",
    os: "Windows",
    os_version: "10",
    device_type: "desktop",
    is_bot: false,
  }],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    {
      browser: "Mobile Safari",
      browser_version: "18.1",
      os: "iOS",
      os_version: "18.1",
      device_type: "mobile",
      is_bot: false,
    },
  ],
  [
    "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    {
      browser: "Mobile Safari",
      browser_version: "17.5",
      os: "iOS",
      os_version: "17.5",
      device_type: "tablet",
      is_bot: false,
    },
  ],
  ...([
    // [user agent, browser, its version, system, its version, device]
    [`${IPHONE} Version/26.0 ${SAFARI}`, "Mobile Safari", "26.0", "iOS", "26.0", "mobile"],
    [`${IPAD} Version/26.2 ${SAFARI}`, "Mobile Safari", "26.2", "iOS", "26.2", "tablet"],
    [`${IPHONE} CriOS/141.0.7390.96 ${SAFARI}`, "Chrome", "141.0.7390.96", "iOS", "18.6", "mobile"],
    [
      `${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/540.0.0.42.109;FBDV/iPhone17,1;FBSN/iOS;FBSV/26.1]`,
      "Facebook",
      "540.0.0.42.109",
      "iOS",
      "26.1",
      "mobile",
    ],
    [
      `${IPHONE} Mobile/22G100 Instagram 410.0.0.28.93 (iPhone15,4; iOS 26_0_1; en_US; en; scale=3.00; 1179x2556)`,
      "Instagram",
      "410.0.0.28.93",
      "iOS",
      "26.0.1",
      "mobile",
    ],
    [
      `${IPHONE} Mobile/15E148 musical_ly_41.5.0 BytedanceWebview/d8a21c6`,
      "TikTok",
      "41.5.0",
      "iOS",
      "18.6",
      "mobile",
    ],
    [`${IPHONE} GSA/388.0.811331708 ${SAFARI}`, "GSA", "388.0.811331708", "iOS", "18.6", "mobile"],
    [`${IPHONE} Mobile/15E148 [Pinterest/iOS]`, "Pinterest", null, "iOS", "18.6", "mobile"],
    [
      `${
        ANDROID("SM-A155F Build/UP1A.231005.007; wv")
      } Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36 trill_410503 BytedanceWebview/d8a21c6`,
      "TikTok",
      "410503",
      "Android",
      "14",
      "mobile",
    ],
    [
      `${ANDROID("Pixel 8; wv")} Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36 GSA/16.40.20.sa.arm64`,
      "GSA",
      "16.40.20",
      "Android",
      "14",
      "mobile",
    ],
    [
      "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
      "Chrome",
      "141.0.0.0",
      "Android",
      null,
      "mobile",
    ],
    [
      "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
      "Chrome",
      "141.0.0.0",
      "Android",
      null,
      "tablet",
    ],
    [
      "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
      "Samsung Internet",
      "29.0",
      "Android",
      null,
      "mobile",
    ],
    [
      `${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15`,
      "Safari",
      "26.0",
      "Mac OS",
      null,
      "desktop",
    ],
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
      "Edge",
      "141.0.0.0",
      "Windows",
      "10",
      "desktop",
    ],
    [
      "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.5 Safari/537.36 HbbTV/1.5.1 ( DRM; LGE; OLED55A16LA; WEBOS6.0 03.00.12;)",
      "Chrome",
      "120.0.6099.5",
      "webOS",
      "6.0",
      "smarttv",
    ],
    [
      `${ANDROID("AFTKA")} Silk/128.5.4 like Chrome/128.0.6613.187 Safari/537.36`,
      "Silk",
      "128.5.4",
      "Android",
      "14",
      "smarttv",
    ],
    [
      `${ANDROID("Chromecast")} Chrome/128.0.0.0 Safari/537.36`,
      "Chrome",
      "128.0.0.0",
      "Android",
      "14",
      "smarttv",
    ],
    [
      `${ANDROID("Lenovo TB-X306F")} Chrome/128.0.0.0 Safari/537.36`,
      "Chrome",
      "128.0.0.0",
      "Android",
      "14",
      "tablet",
    ],
    [
      "Mozilla/5.0 (PlayStation; PlayStation 5/6.50) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.4 Safari/605.1.15",
      "Safari",
      "15.4",
      "PlayStation",
      "5",
      "console",
    ],
  ] satisfies [string, string, string | null, string, string | null, string][]).map((
    [text, browser, browser_version, os, os_version, device_type],
  ): [string, Omit<AgentRow, "user_agent">] => [
    text,
    { browser, browser_version, os, os_version, device_type, is_bot: false },
  ]),
  ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", {
    browser: null,
    browser_version: null,
    os: null,
    os_version: null,
    device_type: "bot",
    is_bot: true,
  }],
  [`${LINUX} AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36`, {
    browser: "Chrome Headless",
    browser_version: "142.0.0.0",
    os: "Linux",
    os_version: null,
    device_type: "bot",
    is_bot: true,
  }],
  ["curl/8.5.0", {
    browser: null,
    browser_version: null,
    os: null,
    os_version: null,
    device_type: "desktop",
    is_bot: false,
  }],
];

for (const [text, expected] of AGENTS) {
  Deno.test(`user agent: reads ${text.slice(0, 70)}`, () => {
    assertEquals(parseUserAgent(text), { user_agent: text, ...expected });
  });
}

Deno.test("user agent: one made to slow patterns down is read, too", () => {
  for (const piece of ["(", "Android;", "tizen 1 ", "a ", "; ", "Mobile/", "tv "]) {
    assertEquals(typeof parseUserAgent(piece.repeat(100)).device_type, "string");
  }
});

Deno.test("user agent: is cut to 512 characters, and never through the middle of one", () => {
  assertEquals(parseUserAgent("x".repeat(600)).user_agent, "x".repeat(512));
  assertEquals(parseUserAgent("x".repeat(511) + "👋").user_agent, "x".repeat(511) + "\ufffd");
});

Deno.test("user agent: the same text is parsed once", () => {
  assertStrictEquals(parseUserAgent("Once/1.0"), parseUserAgent("Once/1.0"));
});
