import list from "./platforms.json" with { type: "json" };

/** What kind of place a visitor came from, after `direct` and `internal`. */
export type PlatformType = "search" | "social" | "ai" | "email" | "referral";

export interface Platform {
  type: PlatformType;
  platform: string;
}

/** Host → platform. Of a host with `=` before it subdomains are another matter: `=google` is not `play.google`. */
export const PLATFORM_OF_HOST = new Map<string, Platform>();
/** The same without its public suffix, for brands that have a domain in most countries: `=google`, `images.google`. */
export const PLATFORM_OF_BRAND = new Map<string, Platform>();
/** The parts of a host that are another platform than the rest: host → paths and their platforms. */
export const PLATFORMS_OF_PATHS = new Map<string, Map<string, Platform>>();
/** What campaigns call a platform besides its name and its hosts: `fb`. */
export const PLATFORM_OF_NAME = new Map<string, Platform>();

// platforms.json: type → name that is stored → hosts and names. A host stands for its subdomains, too, unless it begins with
// `=`, and the longest match wins: mail.google.com is not google.com. `brand.*` is the brand under every public suffix. An
// entry with a path is that part of the host; one without a dot is a name that campaigns use.
for (const type of ["search", "social", "ai", "email", "referral"] satisfies PlatformType[]) {
  for (const [name, entries] of Object.entries<string>(list[type])) {
    for (const entry of entries.split(" ")) addEntry(entry, { type, platform: name });
  }
}

function addEntry(entry: string, platform: Platform): void {
  const slash = entry.indexOf("/");
  if (slash !== -1) {
    const host = entry.slice(0, slash);
    const paths = PLATFORMS_OF_PATHS.get(host) ?? new Map();
    PLATFORMS_OF_PATHS.set(host, paths.set(entry.slice(slash), platform));
  } else if (entry.endsWith(".*")) PLATFORM_OF_BRAND.set(entry.slice(0, -2), platform);
  else if (entry.includes(".")) PLATFORM_OF_HOST.set(entry, platform);
  else PLATFORM_OF_NAME.set(entry, platform);
}
