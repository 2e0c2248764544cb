import { LONGEST_NAME, platformOf } from "./referrer.ts";
import { PLATFORM_OF_BRAND, PLATFORM_OF_HOST, PLATFORM_OF_NAME, type PlatformType } from "./referrer_list.ts";

/** What kind of place a source is. Of the social networks and of other sites, channels tell two kinds apart. */
export type SourceKind = PlatformType | "video" | "shopping";

// Watched rather than talked on. TikTok counts as a network, as it does for Google.
const VIDEO = new Set("youtube vimeo twitch dailymotion rumble bilibili".split(" "));
const SHOPPING = new Set(
  "amazon ebay etsy walmart aliexpress alibaba mercado-libre shop-app idealo google-shopping".split(" "),
);

// What `utm_source` says of a kind without naming a platform that visitors come from.
const OTHER_NAMES: Partial<Record<SourceKind, string>> = {
  search: "adwords microsoft msn",
  social: "meta messenger social",
  ai: "openai gpt",
  email: "klaviyo brevo sendinblue mailerlite convertkit sendgrid campaignmonitor activecampaign hs_email",
};

const KIND_OF_NAME = new Map<string, SourceKind>();
for (const { type, platform } of [...PLATFORM_OF_HOST.values(), ...PLATFORM_OF_BRAND.values()]) {
  KIND_OF_NAME.set(platform, kindOfPlatform(type, platform));
}
for (const [name, { type, platform }] of PLATFORM_OF_NAME) {
  KIND_OF_NAME.set(name, kindOfPlatform(type, platform));
}
for (const [kind, names] of Object.entries(OTHER_NAMES) as [SourceKind, string][]) {
  for (const name of names.split(" ")) KIND_OF_NAME.set(name, kind);
}

/** The kind of a platform of the referrers' list. */
export function kindOfPlatform(type: PlatformType, platform: string | null): SourceKind {
  if (platform === null) return type;
  if (type === "social" && VIDEO.has(platform)) return "video";
  return type === "referral" && SHOPPING.has(platform) ? "shopping" : type;
}

/**
 * The kind of what a campaign calls its source: a platform (`google`, `fb`, `facebook_ads`) or a host
 * (`chatgpt.com`, `m.facebook.com`), in lower case. Undefined for a name of the campaign's own.
 */
export function kindOfSource(name: string): SourceKind | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  const known = KIND_OF_NAME.get(name) ?? KIND_OF_NAME.get(name.replace(/[-_ ]?ads?$/, ""));
  if (known !== undefined || !name.includes(".")) return known;
  const platform = platformOf(name);
  return platform && kindOfPlatform(platform.type, platform.platform);
}
