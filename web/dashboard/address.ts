import type { Comparison, Period } from "../../db/stats/period.ts";
import type { DayRange, Dimension, Filter } from "../../db/stats/query.ts";

/** What every view of a site understands, so that it stays when the view changes. */
const SHARED = ["period", "from", "to", "compare", "filter"];

/** Where a page of one site is: what it shows stands in its URL, and its links say what they change. */
export class Address {
  readonly site: string;
  /** Whether it stands in a page of somebody else: then there is just this one view, and it leads nowhere else. */
  readonly isEmbedded: boolean;
  /** After the site: `""` for the overview, `funnel`, `country`. */
  readonly view: string;
  readonly filters: readonly Filter[];
  /** Null where the URL names the days themselves. */
  readonly period: Period | null;
  readonly compare: Comparison;
  readonly #params: URLSearchParams;
  readonly #base: string;

  constructor(
    site: string,
    view: string,
    params: URLSearchParams,
    { filters, period, compare, embeddedAt }: {
      filters: Filter[];
      period: Period | null;
      compare: Comparison;
      /** The path at which it is embedded. */
      embeddedAt?: string;
    },
  ) {
    this.site = site;
    this.isEmbedded = embeddedAt !== undefined;
    this.#base = embeddedAt ?? `/dashboard/${encodeURIComponent(site)}`;
    this.view = view;
    this.filters = filters;
    this.period = period;
    this.compare = compare;
    this.#params = params;
  }

  get(name: string): string | null {
    return this.#params.get(name);
  }

  /** This page with other parameters; null takes one away. */
  with(changes: Record<string, string | null>): string {
    const params = new URLSearchParams(this.#params);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) params.delete(name);
      else params.set(name, value);
    }
    // Another question has other pages.
    if (!("page" in changes)) params.delete("page");
    return href(this.#base, this.view, params);
  }

  /** Another view of the same days and sessions. */
  to(view: string, more: Record<string, string> = {}): string {
    const params = new URLSearchParams([...this.#params].filter(([name]) => SHARED.includes(name)));
    for (const [name, value] of Object.entries(more)) params.append(name, value);
    return href(this.#base, view, params);
  }

  /** A list of the API as a file for a spreadsheet, of the same sessions. @param more its own parameters */
  download(resource: string, range: DayRange, more: [name: string, value: string][] = []): string {
    const params = new URLSearchParams({ ...range, format: "excel" });
    for (const filter of this.filters) params.append("filter", formatFilter(filter));
    for (const [name, value] of more) params.append(name, value);
    return href(`/api/v1/sites/${encodeURIComponent(this.site)}`, resource, params);
  }

  /** The overview of one period, of those sessions only that fit the filter. */
  overviewOf(filter: Filter, period: Period): string {
    return href(this.#base, "", new URLSearchParams({ period, filter: formatFilter(filter) }));
  }

  /** This page, of those sessions only that fit one more filter. */
  withFilter(filter: Filter): string {
    const isThere = this.filters.some((other) => formatFilter(other) === formatFilter(filter));
    return this.#filtered(isThere ? this.filters : [...this.filters, filter]);
  }

  /** This page without the filter. */
  withoutFilter(filter: Filter): string {
    return this.#filtered(this.filters.filter((other) => other !== filter));
  }

  /** This page without any filter. */
  withoutFilters(): string {
    return this.#filtered([]);
  }

  #filtered(filters: readonly Filter[]): string {
    const params = new URLSearchParams(
      [...this.#params].filter(([name]) => name !== "filter" && name !== "page"),
    );
    for (const filter of filters) params.append("filter", formatFilter(filter));
    return href(this.#base, this.view, params);
  }

  /** Where a form of this page goes that asks by GET. */
  get action(): string {
    return href(this.#base, this.view, new URLSearchParams());
  }

  /** What such a form has to send along: all parameters but those that it has fields for. */
  hidden(...fields: string[]): [name: string, value: string][] {
    return [...this.#params].filter(([name]) => !fields.includes(name) && name !== "page");
  }
}

/** The filter on one value. */
export function isValue(dimension: Dimension, value: string): Filter {
  return { dimension, operator: "is", values: [value] };
}

/** A filter as it stands in a URL: `country:is:DE|FR`, with `\` before a `|` or `\` of a value. */
export function formatFilter({ dimension, operator, values }: Filter): string {
  return `${dimension}:${operator}:${values.map((value) => value.replace(/[\\|]/g, "\\$&")).join("|")}`;
}

/** The path of a view, with what stands in a query as it is kept readable. */
function href(base: string, view: string, params: URLSearchParams): string {
  const query = params.toString().replace(/%3A/g, ":").replace(/%2F/g, "/").replace(/%2C/g, ",");
  const path = view === "" ? base : `${base}/${view}`;
  return query === "" ? path : `${path}?${query}`;
}
