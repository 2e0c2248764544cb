import type { AgentRow } from "../db/event_row.ts";
import { botOfUserAgent } from "./bot.ts";
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
    const is_bot = botOfUserAgent(user_agent) !== undefined;
    agent = {
      user_agent,
      browser: browser.name ?? null,
      browser_version: browser.version ?? null,
      os: os.name ?? null,
      os_version: os.version ?? null,
      device_type: is_bot ? "bot" : device.type ?? "desktop",
      is_bot,
    };
    parsed.set(user_agent, agent);
  }
  return agent;
}
