import { domainToASCII } from "node:url";
import type { Dimension, Filter } from "../../db/stats/query.ts";

const OF_HOSTS: readonly Dimension[] = ["source", "referrer"];

// RFC 1035, 2.3.4; to encode a long text takes long.
const LONGEST_HOST = 253;

/**
 * The text, and as a host in its `xn--` form, if it may be one that the dashboard shows in Unicode. Both, as a source may also be a
 * `utm_source` in Unicode. Part of a label is not found by its `xn--` form.
 */
export function hostSpellings(dimension: Dimension, text: string): string[] {
  // deno-lint-ignore no-control-regex
  if (!OF_HOSTS.includes(dimension) || !/[^\x00-\x7f]/.test(text)) return [text];
  if (text.length > LONGEST_HOST) return [text];
  const ascii = domainToASCII(text);
  return ascii === "" ? [text] : [text, ascii];
}

/** The filters with both spellings of hosts. */
export function withHostSpellings(filters: Filter[]): Filter[] {
  return filters.map((filter) => ({
    ...filter,
    values: filter.values.flatMap((value) => hostSpellings(filter.dimension, value)),
  }));
}
