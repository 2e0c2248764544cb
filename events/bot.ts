import { createIsbotFromList, list } from "isbot";
import { LRUCache } from "lru-cache";
import { fieldsOf, textOf } from "./attribution.ts";
import { LIBRARIES, NAMES, NARROWER, TOO_WIDE } from "./bot_list.ts";
import { hostOf, LONGEST_NAME } from "./referrer.ts";
import { SPAMMERS } from "./referrer_spam.ts";

/** Longest name that is stored; user agents may say anything. */
const MAX_NAME = 50;

const escape = (text: string) => text.replace(/[^\w ,-]/g, "\\$&");
const startsWith = (names: readonly string[]) => `^(?:${names.map(escape).join("|")})(?![\\w-])`;

const hasBotPattern = createIsbotFromList([
  ...list.filter((pattern) => !TOO_WIDE.includes(pattern)),
  ...NARROWER,
  startsWith(NAMES),
]);
// With its site, which some libraries name.
const LIBRARY = new RegExp(`${startsWith(LIBRARIES)}[\\w./ -]*(?:\\(\\+?https?:[^()]*\\))?`, "i");
// The comment with a device's name, which may be "M bot 60" or "Google TV". Google's own previews name themselves in there.
const DEVICE = /\((?![^()]*-google\/)[^()]*(?:Android|GoogleTV|Windows Phone)(?:[^()]|\([^()]*\))*\)/gi;

const ADDRESS = /[^\s;(),]*(?:https?:|www\.|@)\S*/gi;
// What browsers say, and bots after them.
const COMMON =
  /^(?:mozilla|compatible|applewebkit|khtml|like|gecko|chrome|safari|firefox|version|mobile|linux|x11|u|windows|nt|macintosh|intel|mac|os|msie|trident|iphone|cpu|android|x86_64|aarch64|i686|ubuntu|x64|rv|(?:en|zh)-[a-z]{2}|win64|wow64|[\d._-]+)$/i;
// A word that needs those before it.
const PLAIN_WORD =
  /^(?:bots?|crawler|spider|agent|scanner|monitor|monitoring|checker|fetcher|probe|preview|recon)$/i;

// A verdict takes 0.02 to 0.1 ms; a busy site sees some thousands of distinct strings a day. "" is no bot.
const known = new LRUCache<string, string>({ max: 5_000 });

/**
 * The bot of a user agent, as it calls itself (`Googlebot`, `HeadlessChrome`): a crawler, a link preview, a monitor or a headless
 * browser. Undefined for browsers, HTTP libraries, and whatever nobody knows.
 *
 * By the patterns of isbot (https://github.com/omrilotan/isbot), changed as `bot_list.ts` says. Its own name of a bot is the piece
 * that matched, such as `bot` or `http`, so the name is the word around it.
 */
export function botOfUserAgent(userAgent: string): string | undefined {
  let bot = known.get(userAgent);
  if (bot === undefined) {
    const text = userAgent.replace(DEVICE, " ").replace(LIBRARY, "");
    bot = hasBotPattern(text) ? nameOf(text) : "";
    known.set(userAgent, bot);
  }
  return bot === "" ? undefined : bot;
}

function nameOf(text: string): string {
  const segments = text.replace(ADDRESS, " ").split(/[;(),/]/);
  for (const segment of segments) {
    const word = wordsOf(segment).find((word) => hasBotPattern(word));
    if (word !== undefined) return tidy(PLAIN_WORD.test(word) ? segment : word);
  }
  const after = text.replace(ADDRESS, " ").split(/compatible;?/i).at(-1)!;
  const word = wordsOf(after)[0] ?? segments.flatMap(wordsOf)[0];
  return tidy(word ?? "") || "unnamed";
}

function wordsOf(segment: string): string[] {
  return (segment.match(/[\p{L}\d][\p{L}\d_.!'-]*/gu) ?? []).filter((word) => !COMMON.test(word));
}

function tidy(name: string): string {
  return name.slice(0, MAX_NAME).replace(/[^\p{L}\d]+$/u, "").replace(/[^\p{L}\d_.' -]+/gu, " ").trim();
}

/**
 * The bot that sent an item: by its user agent, else `webdriver` for a browser that a program drives, `data centre`, or `referrer
 * spam`. Of a batch, one of its events is enough. Undefined for a person's, or a server's.
 *
 * @param event as it is stored
 * @param isFromDataCentre whether the address is one of `BOT_NETWORKS`
 */
export function botOf(
  event: Record<string, unknown>,
  userAgent: string | undefined,
  isFromDataCentre: boolean,
): string | undefined {
  const bot = userAgent === undefined ? undefined : botOfUserAgent(userAgent);
  if (bot !== undefined) return bot;
  const events = event.eventType === "batch" && Array.isArray(event.events)
    ? [event, ...event.events.map(fieldsOf)]
    : [event];
  if (events.some(({ browser }) => fieldsOf(browser).webdriver === true)) return "webdriver";
  if (isFromDataCentre) return "data centre";
  return events.some(({ attribution }) => isSpam(fieldsOf(attribution))) ? "referrer spam" : undefined;
}

function isSpam({ referrer, referrerType }: Record<string, unknown>): boolean {
  return referrerType !== "internal" && isSpamHost(hostOf(textOf(referrer)));
}

/** Whether the host, or one that it is below, spams statistics with itself as the referrer. */
export function isSpamHost(host: string | undefined): boolean {
  if (host === undefined || host.length > LONGEST_NAME) return false;
  for (let rest = host; rest.includes("."); rest = rest.slice(rest.indexOf(".") + 1)) {
    if (SPAMMERS.has(rest)) return true;
  }
  return false;
}
