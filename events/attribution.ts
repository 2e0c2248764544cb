import { withAsciiHost } from "./ascii_host.ts";
import { channelOf } from "./channel.ts";
import { CLICK_IDS } from "./click_ids.ts";
import { classifyReferrer } from "./referrer.ts";
import { isSecretParameter, redactUrl, type SecretName } from "./redact.ts";

type Fields = Record<string, unknown>;

export const UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"];
// An event always has these, null where there is none; the others only where one came.
const ALWAYS = [...UTM, "gclid", "fbclid", "msclkid"];

/** The value if it is a non-empty string. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The value if it is an object, else an empty one. */
export function fieldsOf(value: unknown): Fields {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value as Fields : {};
}

/** An event's URL, read when it is first asked for, and once. */
export class PageUrl {
  #parsed: URL | null | undefined;

  /** @param text the URL as it is stored */
  constructor(readonly text: string | undefined) {}

  /** Undefined where the text is no absolute URL. */
  get parsed(): URL | undefined {
    if (this.#parsed === undefined) this.#parsed = this.text === undefined ? null : URL.parse(this.text);
    return this.#parsed ?? undefined;
  }

  /** A parameter of the query, else of the fragment: `/#/land?utm_source=news` or `/#utm_source=news`. */
  parameter(name: string): string | undefined {
    const url = this.parsed;
    if (url === undefined) return undefined;
    return url.searchParams.get(name) ??
      new URLSearchParams(url.hash.slice(1 + Math.max(url.hash.indexOf("?"), 0))).get(name) ?? undefined;
  }
}

/**
 * A pageview's `attribution` with what was missing: UTM and click ids from the URL's query, the referrer's type and
 * platform from the referrer. What the client sent stands, but for the site's own hosts, which are internal, and for the
 * channel, which is always ours: it follows from the rest.
 */
export function completeAttribution(
  sent: unknown,
  url: PageUrl,
  pageReferrer: unknown,
  { domains, isSecretName }: { domains: readonly string[]; isSecretName: SecretName },
): Fields {
  const attribution = fieldsOf(sent);
  const referrer = plainReferrer(attribution.referrer) ?? plainReferrer(pageReferrer);
  const ownHost = referrer === undefined ? undefined : url.parsed?.hostname;
  const source = classifyReferrer(referrer, ownHost ? [ownHost, ...domains] : domains);
  const isOwn = source.type === "internal";
  const utmParams = fromQuery(UTM, attribution.utmParams, url, isSecretName);
  const campaignParams = fromQuery(CLICK_IDS, attribution.campaignParams, url, isSecretName);
  const type = isOwn ? source.type : textOf(attribution.referrerType) ?? source.type;
  const platform = isOwn ? null : textOf(attribution.referrerPlatform) ?? source.platform;
  // Older trackers know fewer platforms than we do: their word counts where there is no referrer to look at.
  const seen = source.type === "direct" ? { type, platform } : source;
  return {
    ...attribution,
    utmParams,
    campaignParams,
    referrer: referrer === undefined ? null : redactUrl(referrer, isSecretName),
    referrerType: type,
    referrerPlatform: platform,
    channel: channelOf({ utmParams, campaignParams, source: seen }),
  };
}

/** A pageview's `page` with what was missing: url, path, query and fragment. Tell-tale parameters are redacted. */
export function completePage(
  sent: unknown,
  url: PageUrl,
  path: string | undefined,
  isSecretName: SecretName,
): Fields {
  const page = fieldsOf(sent);
  return {
    ...page,
    url: url.text ?? null,
    path: path ?? null,
    referrer: redactUrl(textOf(page.referrer) ?? "", isSecretName),
    // An empty one is said, too: a view that began by a redirect has the URL that was redirected.
    queryParams: redactUrl(
      typeof page.queryParams === "string" ? page.queryParams : url.parsed?.search ?? "",
      isSecretName,
    ),
    hash: redactUrl(textOf(page.hash) ?? url.parsed?.hash ?? "", isSecretName),
  };
}

function plainReferrer(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined || text === "direct" ? undefined : withAsciiHost(text);
}

function fromQuery(names: readonly string[], sent: unknown, url: PageUrl, isSecretName: SecretName): Fields {
  const found = { ...fieldsOf(sent) };
  for (const name of names) {
    const value = textOf(found[name]) ??
      textOf(mayHold(url.text, name) ? url.parameter(name) : "");
    const isSecret = value !== undefined && isSecretParameter(name, value, isSecretName);
    if (value !== undefined) found[name] = isSecret ? "redacted" : value;
    else if (ALWAYS.includes(name)) found[name] = null;
  }
  return found;
}

/** Whether a URL's query or fragment may have a parameter of that name. Mostly it has not, and need not be taken apart. */
function mayHold(url: string | undefined, name: string): boolean {
  return url !== undefined && /[?#]/.test(url) && (url.includes(name) || url.includes("%"));
}
