import { adOf } from "./click_ids.ts";
import { kindOfPlatform, kindOfSource, type SourceKind } from "./campaign_source.ts";
import type { ReferrerSource } from "./referrer.ts";
import type { PlatformType } from "./referrer_list.ts";

/** The channels: those of Google Analytics 4 under its names, and `AI Assistants`. */
export const CHANNELS = [
  "Direct",
  "Cross-network",
  "Paid Shopping",
  "Paid Search",
  "Paid Social",
  "Paid Video",
  "Display",
  "Paid Other",
  "AI Assistants",
  "Organic Shopping",
  "Organic Social",
  "Organic Video",
  "Organic Search",
  "Referral",
  "Email",
  "Affiliates",
  "Audio",
  "SMS",
  "Mobile Push Notifications",
  "Unassigned",
] as const;

export type Channel = typeof CHANNELS[number];

/** What a channel follows from. Texts may be of any case, and wild. */
export interface Arrival {
  utmParams: Record<string, unknown>;
  campaignParams: Record<string, unknown>;
  /** Where the visitor came from, as the referrer tells; its type may be any text that a client sent. */
  source: ReferrerSource;
}

const PAID: Partial<Record<SourceKind, Channel>> = {
  shopping: "Paid Shopping",
  search: "Paid Search",
  social: "Paid Social",
  video: "Paid Video",
};
const ORGANIC: Record<SourceKind, Channel> = {
  ai: "AI Assistants",
  shopping: "Organic Shopping",
  social: "Organic Social",
  video: "Organic Video",
  search: "Organic Search",
  email: "Email",
  referral: "Referral",
};
const TYPES = new Set<string>(["search", "social", "ai", "email", "referral"] satisfies PlatformType[]);

const DISPLAY_MEDIA = new Set(["display", "banner", "expandable", "interstitial", "cpm"]);
const SOCIAL_MEDIA = new Set([
  "social",
  "social-network",
  "social-media",
  "sm",
  "social network",
  "social media",
  "social_network",
  "social_media",
]);
const REFERRAL_MEDIA = new Set(["referral", "app", "link"]);
const MAIL = /^(e[-_ ]?mail|newsletter)|^mail(ing)?$/;
const NAMELESS = new Set(["", "(none)", "(not set)"]);

/**
 * The channel that brought a visitor.
 *
 * The rules, their order and the names are those of Google Analytics 4's default channel group
 * (https://support.google.com/analytics/answer/9756891), applied to what the page's address and referrer tell; the
 * lists of sites are ours. Where they differ:
 *
 * - `AI Assistants` stands before the organic channels: by the referrer, or by the `utm_source` that assistants add.
 * - A webmail as the referrer, a newsletter and a mailing service's name are `Email`.
 * - A paid medium that names its kind (`paid_social`) needs no source that we know.
 * - A click id of an ad (`gclid`, `wbraid`, `msclkid`, `ttclid`, …: `click_ids.ts`) wins over an organic medium, as with
 *   auto-tagging. It names its network's kind; only the campaign's source or medium can tell more. `fbclid` is put on every
 *   link out of Facebook and Instagram, paid or not, so it only says where a visitor without any referrer comes from.
 * - A page of the site itself as the referrer is `Direct`: nobody brought a visitor who goes on where a visit ended.
 */
export function channelOf({ utmParams, campaignParams, source }: Arrival): Channel {
  const name = plain(utmParams.utm_source);
  const medium = plain(utmParams.utm_medium);
  const campaign = plain(utmParams.utm_campaign);
  const ad = adOf(campaignParams);
  const isAd = ad !== undefined;
  if (name === "" && medium === "" && campaign === "" && !isAd) {
    return channelOfReferrer(source, campaignParams);
  }
  if ((name === "direct" || name === "(direct)") && medium === "" && !isAd) return "Direct";
  if (campaign.includes("cross-network")) return "Cross-network";

  const adKind = ad === "display" ? undefined : ad;
  let kind = name === "" ? isAd ? adKind : kindOfReferrer(source, campaignParams) : kindOfSource(name);
  const sells = isShopping(campaign);
  if (isAd && !DISPLAY_MEDIA.has(medium) || isPaid(medium)) {
    if (sells) return "Paid Shopping";
    kind ??= /shopping|search|social|video/.exec(medium)?.[0] as SourceKind | undefined;
    const paid = kind && PAID[kind];
    if (paid) return paid;
    if (isAd) return adKind === undefined ? "Display" : PAID[adKind]!;
    return DISPLAY_MEDIA.has(medium) ? "Display" : "Paid Other";
  }
  if (DISPLAY_MEDIA.has(medium)) return "Display";
  if (kind === "ai") return "AI Assistants";
  if (kind === "shopping" || sells) return "Organic Shopping";
  if (kind === "social" || SOCIAL_MEDIA.has(medium)) return "Organic Social";
  if (kind === "video" || medium.includes("video")) return "Organic Video";
  if (kind === "search" || medium === "organic") return "Organic Search";
  if (REFERRAL_MEDIA.has(medium)) return "Referral";
  if (kind === "email" || MAIL.test(medium) || MAIL.test(name)) return "Email";
  if (medium === "affiliate" || medium === "affiliates") return "Affiliates";
  if (medium === "audio") return "Audio";
  if (medium === "sms" || name === "sms") return "SMS";
  if (medium.endsWith("push") || /mobile|notification/.test(medium) || name === "firebase") {
    return "Mobile Push Notifications";
  }
  // A site that the campaign names, or that the visitor comes from where the campaign has but its own name.
  return kind === "referral" && medium === "" ? "Referral" : "Unassigned";
}

function channelOfReferrer(source: ReferrerSource, clickIds: Record<string, unknown>): Channel {
  const kind = kindOfReferrer(source, clickIds);
  if (kind) return ORGANIC[kind];
  return source.type === "direct" || source.type === "internal" ? "Direct" : "Unassigned";
}

function kindOfReferrer(
  { type, platform }: ReferrerSource,
  clickIds: Record<string, unknown>,
): SourceKind | undefined {
  if (type === "direct") return isSet(clickIds.fbclid) ? "social" : undefined;
  return TYPES.has(type) ? kindOfPlatform(type as PlatformType, platform) : undefined;
}

function isPaid(medium: string): boolean {
  return medium.includes("cp") || medium === "ppc" || medium === "retargeting" || medium.startsWith("paid");
}

// `shop` begins a word, or follows the e of `eshop`; `workshop` is none.
function isShopping(campaign: string): boolean {
  return campaign.includes("shop") && /shopping|(?:^|[^a-df-z])shop/.test(campaign);
}

function isSet(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function plain(value: unknown): string {
  if (typeof value !== "string" || value === "") return "";
  const text = value.trim().toLowerCase();
  return NAMELESS.has(text) ? "" : text;
}
