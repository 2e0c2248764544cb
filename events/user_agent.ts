import type { AgentRow } from "../db/event_row.ts";
import { botOfUserAgent } from "./bot.ts";
import { deviceTypeOf } from "./device_type.ts";
import { LRUCache } from "lru-cache";
import { UAParser } from "ua-parser-js";

/** Longer ones are cut: the key of `user_agents` holds 512 characters. */
export const MAX_USER_AGENT = 512;

// Parsing takes about 0.1 ms; a busy site sees some thousands of distinct strings a day.
const parsed = new LRUCache<string, AgentRow>({ max: 5000 });

/** Reads a user agent string. The same string gives the same object while it is remembered. */
export function parseUserAgent(text: string): AgentRow {
  // Well-formed after the cut, too: half a surrogate pair cannot be stored.
  const user_agent = text.slice(0, MAX_USER_AGENT).toWellFormed();
  let agent = parsed.get(user_agent);
  if (!agent) {
    const { browser, os, device } = new UAParser(user_agent).getResult();
    const app = appOf(user_agent);
    const is_bot = botOfUserAgent(user_agent) !== undefined;
    agent = {
      user_agent,
      browser: app?.name ?? browser.name ?? null,
      browser_version: app ? app.version : browser.version ?? null,
      os: os.name === "WEBOS" ? "webOS" : os.name ?? null,
      os_version: osVersion(user_agent, os.name, os.version) ?? null,
      device_type: is_bot ? "bot" : deviceTypeOf(user_agent, device.type),
      is_bot,
    };
    parsed.set(user_agent, agent);
  }
  return agent;
}

// Apps with a browser in them that the parser takes for the browser.
const APPS: [string, RegExp][] = [
  ["TikTok", /\b(?:trill|musical_ly|tiktok)[_ \/](\d+(?:\.\d+)*)/i],
  ["GSA", /\bGSA\/(\d+(?:\.\d+)*)/],
  ["Pinterest", /\bPinterest\/(?:iOS|Android|(\d+(?:\.\d+)*))/],
];

function appOf(userAgent: string): { name: string; version: string | null } | undefined {
  for (const [name, pattern] of APPS) {
    const match = pattern.exec(userAgent);
    if (match) return { name, version: match[1] ?? null };
  }
  return undefined;
}

/**
 * The version of the system, unless browsers say the same of every version. Since 26 iOS calls itself 18.6 or 18.7: Safari's own version
 * is the system's, and some apps name it. Since 11 macOS calls itself 10.15.7, and a Chrome that names no device Android 10.
 * Windows 10 and 11 are both `10`.
 */
function osVersion(userAgent: string, os: string | undefined, found: string | undefined): string | undefined {
  if (os === "iOS") {
    const said = /\bVersion\/(\d+(?:\.\d+)*)|\bFBSV\/([\d.]+)|; iOS (\d+(?:_\d+)*);/.exec(userAgent);
    const version = said && (said[1] ?? said[2] ?? said[3]!).replaceAll("_", ".");
    return version && parseInt(version) >= 26 ? version : found;
  }
  if (os?.toLowerCase() === "webos") return /\bwebos[ .\/]?(\d+(?:\.\d+)*)/i.exec(userAgent)?.[1];
  if (os === "Mac OS" && /^10\.15(?:\.7)?$/.test(found ?? "")) return undefined;
  if (os === "Android" && userAgent.includes("Android 10; K)")) return undefined;
  return found;
}
