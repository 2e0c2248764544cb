import type { AgentRow } from "../db/event_row.ts";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { parseUserAgent } from "../events/user_agent.ts";

const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
const LINUX = "Mozilla/5.0 (X11; Linux x86_64)";

const AGENTS: [string, Omit<AgentRow, "user_agent">][] = [
  [`${MAC} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36`, {
    browser: "Chrome",
    browser_version: "142.0.0.0",
    os: "Mac OS",
    os_version: "10.15.7",
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

Deno.test("user agent: is cut to 512 characters, and never through the middle of one", () => {
  assertEquals(parseUserAgent("x".repeat(600)).user_agent, "x".repeat(512));
  assertEquals(parseUserAgent("x".repeat(511) + "👋").user_agent, "x".repeat(511) + "\ufffd");
});

Deno.test("user agent: the same text is parsed once", () => {
  assertStrictEquals(parseUserAgent("Once/1.0"), parseUserAgent("Once/1.0"));
});
