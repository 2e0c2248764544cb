import { domainToASCII } from "node:url";
import ipaddr from "ipaddr.js";
import { isSecretParameter, wordsOf } from "./redact.ts";

/** What somebody gave for a site's setting cannot be it; the message says what would be right. */
export class InvalidSetting extends Error {
  override name = "InvalidSetting";
  constructor(readonly given: string, advice: string) {
    super(advice);
  }

  /** What was given, shortened where it would hide the advice. */
  get shown(): string {
    const { length } = this.given;
    return length > MAX_SHOWN
      ? this.given.replace(/^(.{60}).*$/su, `$1… (${length} characters)`)
      : this.given;
  }
}

const MAX_SHOWN = 100;

// Each of an event's fields and its page are compared with all of them.
const MAX_ENTRIES = 100;

/** What somebody gave for some of a site's settings; of a list, each entry. */
export interface GivenSettings {
  domains?: readonly string[];
  addDomains?: readonly string[];
  removeDomains?: readonly string[];
  ipMode?: string;
  retentionDays?: string;
  redactNames?: readonly string[];
  excludePaths?: readonly string[];
  excludeNetworks?: readonly string[];
  trailingSlash?: string;
  indexHtml?: string;
  pageParameters?: readonly string[];
}

/** The settings that were given; undefined what was not, or cannot be. */
export interface ReadSettings {
  domains?: string[];
  addDomains?: string[];
  removeDomains?: string[];
  ipMode?: "full" | "truncate" | "none" | null;
  retentionDays?: number | null;
  redactNames?: string[];
  excludePaths?: string[];
  excludeNetworks?: string[];
  trailingSlash?: "keep" | "drop";
  indexHtml?: "keep" | "drop";
  pageParameters?: string[];
}

/** @param refuse is told of each setting that cannot be what was given */
export function readSettings(
  given: GivenSettings,
  refuse: (name: keyof GivenSettings, why: InvalidSetting) => void,
): ReadSettings {
  const checked = <Given, T>(
    name: keyof GivenSettings,
    value: Given | undefined,
    read: (value: Given) => T,
  ): T | undefined => {
    try {
      return value === undefined ? undefined : read(value);
    } catch (error) {
      if (!(error instanceof InvalidSetting)) throw error;
      refuse(name, error);
      return undefined;
    }
  };
  const list = (name: ListName, read: (text: string) => string) =>
    checked(name, given[name], (entries) => readList(entries, read));
  return {
    domains: list("domains", readDomain),
    addDomains: list("addDomains", readDomain),
    removeDomains: list("removeDomains", readDomain),
    ipMode: checked("ipMode", given.ipMode, readIpMode),
    retentionDays: checked("retentionDays", given.retentionDays, readRetentionDays),
    redactNames: list("redactNames", readRedactName),
    excludePaths: list("excludePaths", readExcludePath),
    excludeNetworks: list("excludeNetworks", readNetwork),
    trailingSlash: checked("trailingSlash", given.trailingSlash, readKeepOrDrop),
    indexHtml: checked("indexHtml", given.indexHtml, readKeepOrDrop),
    pageParameters: list("pageParameters", readPageParameter),
  };
}

type ListName =
  | "domains"
  | "addDomains"
  | "removeDomains"
  | "redactNames"
  | "excludePaths"
  | "excludeNetworks"
  | "pageParameters";

/** Reads each of a list, leaving out repetitions. @throws {InvalidSetting} If one is invalid, or they are too many */
export function readList(given: readonly string[], read: (text: string) => string): string[] {
  const entries = [...new Set(given.map((text) => read(text.trim())))];
  if (entries.length <= MAX_ENTRIES) return entries;
  throw new InvalidSetting(`${entries.length} entries`, `give at most ${MAX_ENTRIES}`);
}

/**
 * A host name as browsers write it, `xn--mnchen-3ya.example` for `münchen.example`; a URL or an origin is cut to its host. The
 * hosts of apps may be `-` and `.` (`app://.`), and `null` stands for pages without an origin, such as files.
 *
 * @throws {InvalidSetting}
 */
export function readDomain(text: string): string {
  const authority = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "");
  if (authority.startsWith("[")) return readIpv6(text, authority);
  const host = authority.replace(/[:/?#].*$/s, "");
  const ascii = host.length <= LONGEST_HOST ? domainToASCII(host.toLowerCase()).replace(/(?<=.)\.$/, "") : "";
  if (/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$|^\.$/.test(ascii) && ascii.length <= LONGEST_HOST) return ascii;
  throw new InvalidSetting(text, "give a host name such as example.com");
}

/** As in the origin of a page at an IPv6 address: `[2001:db8::1]`. */
function readIpv6(text: string, authority: string): string {
  const [literal] = /^\[[\da-f:.]{2,45}\]/i.exec(authority) ?? [];
  const host = literal && URL.parse(`http://${literal}/`)?.hostname;
  if (host) return host;
  throw new InvalidSetting(text, "give a host name such as example.com, or an address such as [2001:db8::1]");
}

// RFC 1035, 2.3.4.
const LONGEST_HOST = 253;

/** Days that raw events stay; null, by the word `default`, as the server is set. @throws {InvalidSetting} */
export function readRetentionDays(text: string): number | null {
  if (text === "default") return null;
  const days = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (days >= 1 && days <= 36_500) return days;
  throw new InvalidSetting(text, "give a whole number of days from 1 to 36500, or default");
}

/** How addresses are kept; null, by the word `default`, as the server is set. @throws {InvalidSetting} */
export function readIpMode(text: string): "full" | "truncate" | "none" | null {
  if (text === "default") return null;
  if (text === "full" || text === "truncate" || text === "none") return text;
  throw new InvalidSetting(text, "give full, truncate, none or default");
}

/** The name of a field or a parameter that is redacted. @throws {InvalidSetting} */
export function readRedactName(text: string): string {
  if (text.length <= 100 && wordsOf(text).length > 0 && /^[\p{L}\p{M}\p{N} _.-]*$/u.test(text)) return text;
  throw new InvalidSetting(
    text,
    "give the name of a field, such as customerNo: at most 100 letters, digits, blanks, and - _ . between them",
  );
}

/** A page's path, in which `*` stands for any characters. @throws {InvalidSetting} */
export function readExcludePath(text: string): string {
  if (!/^[/*][^\s?#\p{Cc}\p{Cs}]{0,499}$/u.test(text)) {
    throw new InvalidSetting(
      text,
      "give a path such as /admin/*, without host and query, of at most 500 characters",
    );
  }
  if (/^\/?\*+$/.test(text)) {
    throw new InvalidSetting(text, "every page would be left out; give a path such as /admin/*");
  }
  return text;
}

/** Whether something stays in the paths. @throws {InvalidSetting} */
export function readKeepOrDrop(text: string): "keep" | "drop" {
  if (text === "keep" || text === "drop") return text;
  throw new InvalidSetting(text, "give keep or drop");
}

/** The name of a parameter that is part of the path, as it stands decoded in the query. @throws {InvalidSetting} */
export function readPageParameter(text: string): string {
  if (!/^[^\s?&=#%+\p{Cc}\p{Cs}]{1,100}$/u.test(text)) {
    throw new InvalidSetting(
      text,
      "give the name of a parameter, such as id, without ? and =, of at most 100 characters",
    );
  }
  if (isSecretParameter(text, "x")) {
    throw new InvalidSetting(
      text,
      "its values are redacted, so it tells no pages apart; give another parameter",
    );
  }
  return text;
}

/** An address or a network, as its network in CIDR notation. @throws {InvalidSetting} */
export function readNetwork(text: string): string {
  const [, address, length] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  if (address === undefined || !isAddress(address)) throw noNetwork(text);
  const parsed = ipaddr.process(address);
  // An IPv4 address in IPv6 clothes.
  const clothes = parsed.kind() === "ipv4" && address.includes(":") ? 96 : 0;
  const most = parsed.kind() === "ipv4" ? 32 : 128;
  const prefix = length === undefined ? most : Number(length) - clothes;
  if (prefix < 0 || prefix > most) throw noNetwork(text);
  if (prefix === 0) {
    throw new InvalidSetting(text, "everybody would be left out; give a network such as 192.0.2.0/24");
  }
  const kind = parsed.kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${kind.networkAddressFromCIDR(`${parsed}/${prefix}`)}/${prefix}`;
}

/** A network as people write it: a single address without its length. */
export function formatNetwork(network: string): string {
  return network.replace(/^([\d.]+)\/32$/, "$1").replace(/^(.*:.*)\/128$/, "$1");
}

function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}

function noNetwork(text: string): InvalidSetting {
  return new InvalidSetting(
    text,
    "give an address or a network, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/48",
  );
}
