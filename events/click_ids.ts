import type { SourceKind } from "./campaign_source.ts";

/** What a click id says of a visit: an ad of that kind of network was clicked, or nothing but where the link was. */
export type ClickKind = Extract<SourceKind, "search" | "social"> | "display" | "link";

/**
 * The parameters that networks put on links. All but Facebook's are those of ads: Google's (`gbraid` and `wbraid` where iOS forbids
 * `gclid`, `dclid` of Display & Video 360, `gad_source` of any ad), Microsoft's, Yandex's, TikTok's, LinkedIn's, X's, Pinterest's,
 * Reddit's and Snapchat's, in their order of precedence. `fbclid` is on every link out of Facebook and Instagram.
 */
const KINDS = {
  gclid: "search",
  gbraid: "search",
  wbraid: "search",
  msclkid: "search",
  yclid: "search",
  dclid: "display",
  ttclid: "social",
  li_fat_id: "social",
  twclid: "social",
  epik: "social",
  rdt_cid: "social",
  ScCid: "social",
  sccid: "social",
  gad_source: "search",
  fbclid: "link",
} satisfies Record<string, ClickKind>;

export const CLICK_IDS: readonly string[] = Object.keys(KINDS);

/** The kind of ad that was clicked; undefined where there is no click id of an ad. */
export function adOf(clickIds: Record<string, unknown>): Exclude<ClickKind, "link"> | undefined {
  for (const [name, kind] of Object.entries(KINDS)) {
    const value = clickIds[name];
    if (kind !== "link" && typeof value === "string" && value !== "") return kind;
  }
  return undefined;
}
