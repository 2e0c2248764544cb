import type { NewEvent } from "../db/event_row.ts";
import { fieldsOf, textOf } from "./attribution.ts";
import { canonicalPath } from "./page_path.ts";

/** What a site's owner has set about the paths of its pages. */
export interface PathSettings {
  trailingSlash: "keep" | "drop";
  indexHtml: "keep" | "drop";
  /** Parameters of the query that are part of the path, in this order. */
  pageParameters: readonly string[];
}

/** A goal whose page is stored by another path now. */
export interface UnreachableGoal {
  name: string;
  page: string;
  path: string;
}

const INDEX = "index.html";

/** What of an address tells the pages of a site apart. */
export class PathRules {
  readonly #settings: PathSettings;

  constructor(settings: PathSettings) {
    this.#settings = settings;
  }

  /** Whether the paths stay as they are. */
  get areDefault(): boolean {
    const { trailingSlash, indexHtml, pageParameters } = this.#settings;
    return trailingSlash === "keep" && indexHtml === "keep" && pageParameters.length === 0;
  }

  /**
   * Gives an enriched event its page's path by these rules, and likewise each event of a batch. URLs stay as they are. An event that
   * does not say its page stays without one.
   */
  apply({ row }: NewEvent): void {
    if (row.path !== null) row.path = this.pathOf(row.path, row.url);
    const { events } = fieldsOf(row.raw_event_data);
    if (row.event_type !== "batch" || !Array.isArray(events)) return;
    for (const event of events) {
      const nested = fieldsOf(event);
      const path = textOf(nested.path);
      if (path !== undefined) nested.path = this.pathOf(path, nested.url);
    }
  }

  /**
   * The page's path by these rules, in the one form of {@linkcode canonicalPath}, of at most 2048 characters.
   *
   * @param path may have a query and a fragment, as those of hash routes do
   * @param url where parameters are looked for that the path does not have, if it is a URL of the path: in its query, then in that of
   * its fragment
   */
  pathOf(path: string, url?: unknown): string {
    // Decoded first: `/index%2Ehtml` is `/index.html`.
    const parts = /^([^?#]*)(\?[^#]*)?(#[^?]*)?(\?.*)?$/s.exec(canonicalPath(path))!;
    const [, before, ownQuery = "", fragment = "", fragmentQuery = ""] = parts;
    const page = this.shorten(before!);
    const route = fragment.replace(/^(#!?)(\/.*)$/s, (_, mark, route) => mark + this.shorten(route));
    if (this.#settings.pageParameters.length === 0) return cut(page + ownQuery + route + fragmentQuery);
    const queries = [ownQuery, fragmentQuery, ...this.#queriesOf(page, url)];
    return cut(canonicalPath(page + route + this.#chosen(queries)));
  }

  /** The queries of a page's URL. A view that began by a redirect has the URL that was redirected: its parameters are another page's. */
  #queriesOf(page: string, url: unknown): string[] {
    const parsed = URL.parse(textOf(url) ?? "");
    if (parsed === null || this.shorten(canonicalPath(parsed.pathname)) !== page) return [];
    const { search, hash } = parsed;
    return hash.includes("?") ? [search, hash.slice(hash.indexOf("?"))] : [search];
  }

  /** Those of the goals whose page is stored by another `path`, so that nothing reaches them any more. */
  unreachable(goals: readonly { name: string; page?: string }[]): UnreachableGoal[] {
    return goals.flatMap(({ name, page }) => {
      const path = page === undefined ? undefined : this.pathOf(page);
      return page === undefined || path === undefined || path === page ? [] : [{ name, page, path }];
    });
  }

  /** The path, without query and fragment, without what the site drops from its end; `/` stays. */
  shorten(path: string): string {
    // `/docs/index.html/` is `/docs` where both go.
    let page = this.#withoutSlash(path);
    while (this.#settings.indexHtml === "drop" && page.endsWith(`/${INDEX}`)) {
      page = this.#withoutSlash(page.slice(0, -INDEX.length));
    }
    return page;
  }

  #withoutSlash(path: string): string {
    if (this.#settings.trailingSlash === "keep") return path;
    // No regular expression: thousands of slashes before another character would take it long.
    let end = path.length;
    while (end > 1 && path[end - 1] === "/") end--;
    return path.slice(0, end);
  }

  /** The chosen parameters as a query, each with all its values out of the first of the queries that has it. */
  #chosen(queries: string[]): string {
    const parsed = queries.filter((query) => query !== "").map((query) => new URLSearchParams(query));
    const chosen = this.#settings.pageParameters.flatMap((name) => {
      const values = parsed.find((query) => query.has(name))?.getAll(name) ?? [];
      return values.map((value) => value === "" ? spell(name) : `${spell(name)}=${spell(value)}`);
    });
    return chosen.length === 0 ? "" : `?${chosen.join("&")}`;
  }
}

/** One spelling of a parameter's name or value: what people type as it is stays so, what ends either is encoded. */
function spell(text: string): string {
  return encodeURIComponent(text).replace(/%(?:2F|3A|2C|40|24)/g, decodeURIComponent);
}

function cut(path: string): string {
  return path.slice(0, 2048).toWellFormed();
}
