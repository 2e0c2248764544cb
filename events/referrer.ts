import { parse } from "tldts";
import { type Platform, PLATFORM_OF_BRAND, PLATFORM_OF_HOST, PLATFORMS_OF_PATHS } from "./referrer_list.ts";

export interface ReferrerSource {
  /** `direct`, `internal`, `search`, `social`, `ai`, `email`, or `referral` for any other site. */
  type: string;
  /** The platform's name (`google`), or the host of a referral; null for direct and internal. */
  platform: string | null;
}

/**
 * Where a visitor came from.
 *
 * @param referrer the page's referrer; empty, `direct` or no URL means direct
 * @param ownHosts the page's own host and the site's domains: these and their subdomains are internal
 */
export function classifyReferrer(referrer: string | undefined, ownHosts: readonly string[]): ReferrerSource {
  const host = hostOf(referrer);
  if (host === undefined) return { type: "direct", platform: null };
  if (ownHosts.some((own) => isWithin(host, own))) return { type: "internal", platform: null };
  return partOf(referrer, host) ?? platformOf(host) ??
    { type: isWebmail(host) ? "email" : "referral", platform: host };
}

/** The platform of a part of a host, by the path: Grok within X. Most referrers come without their path. */
function partOf(referrer: string | undefined, host: string): Platform | undefined {
  const paths = PLATFORMS_OF_PATHS.get(host);
  if (paths === undefined) return undefined;
  const path = URL.parse(referrer ?? "")?.pathname ?? "/";
  return [...paths].find(([start]) => path === start || path.startsWith(`${start}/`))?.[1];
}

/** Whether a host that no list has is named as providers and companies name their webmail: `webmail.example.com`. */
function isWebmail(host: string): boolean {
  return /^(?:web|e)?mail\d{0,3}\.[^.]+\./.test(host);
}

/** Whether a host is a domain or one of its subdomains; `www.` is nobody's own. */
export function isWithin(host: string, domain: string): boolean {
  const bare = withoutWww(domain.toLowerCase());
  return host === bare || host.endsWith(`.${bare}`) || withoutWww(host) === bare;
}

/** The host of an http(s) or android-app URL, in lower case and without `www.`; undefined where there is none. */
export function hostOf(url: string | undefined): string | undefined {
  const match = /^(?:https?|android-app|ios-app):\/\/(?:[^/?#]*@)?(\[[^\]]*\]|[^/?#:]+)/i.exec(url ?? "");
  return match ? withoutWww(match[1]!.toLowerCase().replace(/\.$/, "")) : undefined;
}

function withoutWww(host: string): string {
  return host.replace(/^www\./, "");
}

/** The longest name that a host may have (RFC 1035). Each end of it is looked up, which takes seconds of 100,000 characters. */
export const LONGEST_NAME = 253;

/** The platform of a host, in lower case; undefined for one that no list has. */
export function platformOf(host: string): Platform | undefined {
  if (host.length > LONGEST_NAME) return undefined;
  const known = longestMatch(PLATFORM_OF_HOST, host);
  if (known) return known;
  const { domain, publicSuffix } = parse(host);
  if (!domain || !publicSuffix) return undefined;
  return longestMatch(PLATFORM_OF_BRAND, host.slice(0, -publicSuffix.length - 1));
}

/** From the whole name to its last label, so that mail.google is met before google. */
function longestMatch(platforms: Map<string, Platform>, name: string): Platform | undefined {
  const whole = platforms.get(`=${name}`);
  if (whole) return whole;
  for (let rest = name;; rest = rest.slice(rest.indexOf(".") + 1)) {
    const known = platforms.get(rest);
    if (known || !rest.includes(".")) return known;
  }
}
