import { assertEquals } from "@std/assert";
import { botOfUserAgent, isSpamHost } from "../events/bot.ts";
import { CHROME } from "./fixtures.ts";

const LIKE_GECKO = "AppleWebKit/537.36 (KHTML, like Gecko)";
const SAFARI = "Safari/537.36";

const BOTS: [string, string][] = [
  ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"],
  [
    `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) ${LIKE_GECKO} Chrome/141.0.0.0 Mobile ${SAFARI} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
    "Googlebot",
  ],
  [`Mozilla/5.0 (X11; Linux x86_64) ${LIKE_GECKO} HeadlessChrome/142.0.0.0 ${SAFARI}`, "HeadlessChrome"],
  [
    `Mozilla/5.0 ${LIKE_GECKO} Chrome/126.0 ${SAFARI}; compatible; GPTBot/1.2; +https://openai.com/gptbot`,
    "GPTBot",
  ],
  [`Mozilla/5.0 ${LIKE_GECKO}; compatible; ChatGPT-User/1.0; +https://openai.com/bot`, "ChatGPT-User"],
  [`Mozilla/5.0 ${LIKE_GECKO}; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)`, "ClaudeBot"],
  [`Mozilla/5.0 ${LIKE_GECKO}; compatible; Claude-User/1.0; +Claude-User@anthropic.com)`, "Claude-User"],
  [
    `Mozilla/5.0 ${LIKE_GECKO}; compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)`,
    "PerplexityBot",
  ],
  [
    `Mozilla/5.0 (Linux; Android 7.0;) ${LIKE_GECKO} Mobile ${SAFARI} (compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)`,
    "PetalBot",
  ],
  ["CCBot/2.0 (https://commoncrawl.org/faq/)", "CCBot"],
  [
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "meta-externalagent",
  ],
  ["meta-externalfetcher/1.1", "meta-externalfetcher"],
  ["anthropic-ai", "anthropic-ai"],
  ["facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "facebookexternalhit"],
  ["WhatsApp/2.23.20.0 N", "WhatsApp"],
  ["Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Slackbot-LinkExpanding"],
  ["Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "UptimeRobot"],
  ["Better Uptime Bot Mozilla/5.0", "Better Uptime Bot Mozilla"],
  [`Mozilla/5.0 (X11; Linux x86_64) ${LIKE_GECKO} Chrome/98.0 ${SAFARI} PTST/220216.200657`, "PTST"],
  // After the library's name comes the program's own.
  ["python-requests/2.31.0 (compatible; AcmeBot/1.0)", "AcmeBot"],
];

for (const [userAgent, bot] of BOTS) {
  Deno.test(`bot: ${bot}, of ${userAgent.slice(0, 60)}`, () => assertEquals(botOfUserAgent(userAgent), bot));
}

const PEOPLE_AND_SERVERS = [
  CHROME,
  `Mozilla/5.0 (Linux; Android 7.0; M bot 60 Build/NRD90M) ${LIKE_GECKO} Chrome/58.0.3029.83 Mobile ${SAFARI}`,
  `Mozilla/5.0 (Linux; Android 13; Spider 8) ${LIKE_GECKO} Chrome/124.0.0.0 ${SAFARI}`,
  `Mozilla/5.0 (Linux; Android 11; 4K Google TV Stick Build/RTT0.210618.003; wv) ${LIKE_GECKO} Chrome/101.0 Mobile ${SAFARI}`,
  `Mozilla/5.0 (Linux armv7l) ${LIKE_GECKO} Chrome/84.0.4147.140 ${SAFARI} OPR/46.0 OMI/4.21.4.112.Catcher4.69 VIDAA/5.0(Hisense)`,
  `Mozilla/5.0 (Linux; Android 10; ZTE A2020 SP; wv) ${LIKE_GECKO} Chrome/68.0 Mobile ${SAFARI} SogouMSE,SogouMobileBrowser/6.5.11`,
  "Mozilla/5.0 (Linux; U; Android 4.2.2; S222 Build/CUBOT) AppleWebKit/534.30 (KHTML, like Gecko) Mobile Safari/534.30",
  // As an extension of the browser has it.
  `${CHROME} ||| ReqID: 472 | TabID: 643408467 | Type: xmlhttprequest | Initiator: https://example.com`,
  "curl/8.5.0",
  "Wget/1.21.4",
  "Deno/2.9.6",
  "undici",
  "node",
  "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
  "axios/1.7.2",
  "python-requests/2.31.0",
  "python-httpx/0.27.0",
  "Python-urllib/3.12",
  "Go-http-client/2.0",
  "okhttp/4.12.0",
  "Java/17.0.1",
  "Apache-HttpClient/4.5.14 (Java/17)",
  "libwww-perl/6.68",
  "PHP/8.3.1",
  "GuzzleHttp/7",
  "PostmanRuntime/7.39.0",
  "k6/0.49.0 (https://k6.io/)",
  "ApacheBench/2.3",
  "shop-backend/1.4",
  "MyApp/3 CFNetwork/1408 Darwin/22.5",
  "A",
  "",
];

for (const userAgent of PEOPLE_AND_SERVERS) {
  Deno.test(`bot: none, of "${userAgent.slice(0, 70)}"`, () =>
    assertEquals(botOfUserAgent(userAgent), undefined));
}

Deno.test("bot: a name is at most 50 letters, digits and the like, whatever the user agent", () => {
  assertEquals(
    [
      botOfUserAgent(`<script>${"x".repeat(400)}bot</script>`),
      botOfUserAgent("bot"),
      botOfUserAgent("(+https://example.com/about)"),
      botOfUserAgent("\u202eevilbot\ud800/1.0"),
    ],
    ["x".repeat(50), "bot", "unnamed", "evilbot"],
  );
});

Deno.test("referrer spam: a host of the list and all below it, and no other", () => {
  assertEquals(
    ["semalt.com", "semalt.semalt.com", "notsemalt.com", "google.com", "localhost", undefined].map(
      isSpamHost,
    ),
    [true, true, false, false, false, false],
  );
  // Longer than a host may be: looking each part of it up would take a second.
  assertEquals(isSpamHost("a.".repeat(125) + "semalt.com"), false);
});
