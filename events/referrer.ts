import { getDomainWithoutSuffix } from "tldts";
import { type Platform, PLATFORM_OF_BRAND, PLATFORM_OF_HOST } from "./referrer_list.ts";

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
  return platformOf(host) ?? { type: "referral", platform: host };
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

/** The platform of a host, in lower case; undefined for one that no list has. */
export function platformOf(host: string): Platform | undefined {
  // From the whole host to its last two labels, so that mail.google.com is met before google.com.
  for (let rest = host; rest.includes("."); rest = rest.slice(rest.indexOf(".") + 1)) {
    const known = PLATFORM_OF_HOST.get(rest);
    if (known) return known;
  }
  return PLATFORM_OF_BRAND.get(getDomainWithoutSuffix(host) ?? "");
}
