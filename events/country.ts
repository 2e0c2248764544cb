import { getAllCountries, getAllTimezones } from "countries-and-timezones";

type Fields = Record<string, unknown>;

/**
 * Of every country (ISO 3166-1 alpha-2), and of Kosovo, which has none there: CDNs and databases of addresses say `XK`, as the
 * European Union does.
 */
export const COUNTRY_CODES: readonly string[] = [...Object.keys(getAllCountries()), "XK"];
const CODES = new Set(COUNTRY_CODES);

// Abbreviations, which the zone data count among some city's names; and a zone that two states claim.
const NOBODYS = new Set(
  "CET CST6CDT EET EST EST5EDT HST MET MST MST7MDT PST8PDT WET Europe/Simferopol".split(" "),
);

// Where a zone is kept in several countries the first one is it that the zone is named for; names that browsers still
// use (Europe/Stockholm, Asia/Calcutta) are in it, with a country of their own.
const COUNTRY_OF_ZONE = new Map<string, string>();
for (const { name, countries } of Object.values(getAllTimezones({ deprecated: true }))) {
  if (countries[0] !== undefined && !NOBODYS.has(name)) COUNTRY_OF_ZONE.set(name, countries[0]);
}

/**
 * The code in capitals where it is a country's (ISO 3166-1 alpha-2), else undefined: that is so for what CDNs write for
 * an unknown country (`XX`) and for Tor (`T1`).
 */
export function countryCode(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > 10) return undefined;
  const code = value.trim().toUpperCase();
  return CODES.has(code) ? code : undefined;
}

/** The country of an IANA time zone; undefined for one that belongs to none (`UTC`), and for what is no zone. */
export function countryOfZone(zone: unknown): string | undefined {
  return typeof zone === "string" ? COUNTRY_OF_ZONE.get(zone) : undefined;
}

/**
 * An event's `browser` with the visitor's `country`: as the event says, else as the request tells, else by the time
 * zone. Where none of them knows there is no such field, whatever was sent in it.
 */
export function withCountry(browser: Fields, requestCountry: string | undefined): Fields {
  const country = countryCode(browser.country) ?? requestCountry ?? countryOfZone(browser.timezone);
  if (country !== undefined) return { ...browser, country };
  if (browser.country === undefined) return browser;
  const { country: _, ...rest } = browser;
  return rest;
}
