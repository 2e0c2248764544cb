import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import type { Dimension, Filter } from "../../db/stats/query.ts";
import { COUNTRY_CODES } from "../../events/country.ts";
import { hostSpellings } from "./hosts.ts";
import { valueName } from "../../web/dashboard/names.ts";
import { isolated } from "../../web/dashboard/bidi.tsx";

// As the dashboard shows them; empty is a country that nobody knows.
const NAMES: ReadonlyMap<string, string> = new Map(
  [...COUNTRY_CODES, ""].map((code) => [code, valueName("country", code)]),
);
const CODES: ReadonlyMap<string, string> = new Map(
  [...NAMES].flatMap(([code, name]) => [[fold(code), code], [fold(name), code]]),
);

/** As somebody may type it: whatever the case and the accents. */
function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/’/g, "'").replace(/&/g, "and").trim()
    .toLowerCase();
}

/** The codes of the countries whose names contain the text. */
function countriesNamed(part: string): string[] {
  return [...NAMES].filter(([, name]) => fold(name).includes(fold(part))).map(([code]) => code);
}

/** How to search the values of a dimension for a text: as they are shown. */
export function searchFor(dimension: Dimension, text: string): { search: string[]; among?: string[] } {
  if (text === "") return { search: [] };
  return dimension === "country"
    ? { search: [], among: countriesNamed(text) }
    : { search: hostSpellings(dimension, text) };
}

/** The filter with codes for the names of countries; or what is wrong with it. */
export function readCountries(filter: Filter): Filter | string {
  if (filter.dimension !== "country") return filter;
  if (filter.operator.startsWith("contains")) {
    const unknown = filter.values.find((value) => countriesNamed(value).length === 0);
    return unknown === undefined
      ? filter
      : `filter's country: no name of a country contains "${isolated(unknown)}"`;
  }
  const unknown = filter.values.find((value) => !CODES.has(fold(value)));
  if (unknown !== undefined) {
    return `filter's country "${isolated(unknown)}" is unknown${suggestion(unknown)}`;
  }
  return { ...filter, values: filter.values.map((value) => CODES.get(fold(value))!) };
}

/** The filters as the database knows countries: by their codes alone. */
export function withCodes(filters: Filter[]): Filter[] {
  return filters.map((filter) => {
    if (filter.dimension !== "country" || filter.operator.startsWith("is")) return filter;
    return {
      dimension: "country",
      operator: filter.operator === "contains" ? "is" : "is_not",
      values: [...new Set(filter.values.flatMap(countriesNamed))],
    };
  });
}

function suggestion(typed: string): string {
  const name = closestString(fold(typed), [...CODES.keys()].filter((name) => name.length > 2));
  const isClose = levenshteinDistance(fold(typed), name) <= Math.max(1, Math.floor(name.length / 3));
  return `: give a code such as DE, or an English name such as Germany${
    isClose ? ` (did you mean ${NAMES.get(CODES.get(name)!)}?)` : ""
  }`;
}
