import ipaddr from "ipaddr.js";
import type { NewEvent } from "../db/event_row.ts";
import { fieldsOf, textOf } from "./attribution.ts";
import { canonicalPath } from "./page_path.ts";
import type { PathRules } from "./path_rules.ts";

type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** What a site's owner does not want to be collected: events of some pages, and of visitors from some networks. */
export class Exclusions {
  readonly #networks: readonly Network[];
  /** Of each pattern what stands between its stars. */
  readonly #paths: readonly (readonly string[])[];
  readonly #rules: PathRules | undefined;

  /**
   * @param paths as `/admin/*`: `*` stands for any characters, slashes included; the whole path is compared, case counts
   * @param networks in CIDR notation
   * @param rules by which the site stores paths: a page is left out by the path that is sent, and by the one that would be stored
   */
  constructor(paths: readonly string[], networks: readonly string[], rules?: PathRules) {
    this.#rules = rules;
    this.#paths = paths.map((path) => path.split("*").map(canonicalPath));
    this.#networks = networks.map((network) => ipaddr.parseCIDR(network));
  }

  get excludesPaths(): boolean {
    return this.#paths.length > 0;
  }

  /** @param address the visitor's whole address; where it is not known, nothing is excluded by it */
  hasAddress(address: string | undefined): boolean {
    if (address === undefined || this.#networks.length === 0) return false;
    const parsed = ipaddr.process(address);
    return this.#networks.some((network) => network[0].kind() === parsed.kind() && parsed.match(network));
  }

  /** Whether events of the page are left out; where it is not known, they are not. */
  hasPath(path: string | undefined): boolean {
    if (path === undefined || this.#paths.length === 0) return false;
    // Some senders put the query into the path.
    const plain = canonicalPath(path.replace(/[?#].*$/s, ""));
    const stored = this.#rules?.shorten(plain) ?? plain;
    return this.#paths.some((pieces) => matches(plain, pieces) || matches(stored, pieces));
  }
}

/** What is left of an event when what is excluded by its page is taken out. */
export interface Remainder {
  /** Undefined where nothing is. */
  event: NewEvent | undefined;
  /** How many events went; those of a batch are counted one by one. */
  excluded: number;
}

/** The event without what is excluded by its page: of a batch, without those of its events. */
export function withoutExcludedPages(event: NewEvent, exclusions: Exclusions): Remainder {
  const { row } = event;
  const raw = fieldsOf(row.raw_event_data);
  const path = pageOf(row.path, row.url);
  if (row.event_type !== "batch" || !Array.isArray(raw.events)) {
    return exclusions.hasPath(path) ? { event: undefined, excluded: 1 } : { event, excluded: 0 };
  }
  const kept = raw.events.filter((nested) => !exclusions.hasPath(pathWithin(nested, path)));
  const excluded = raw.events.length - kept.length;
  if (kept.length === 0) return { event: undefined, excluded };
  if (excluded === 0) return { event, excluded };
  return { event: { ...event, row: { ...row, raw_event_data: { ...raw, events: kept } } }, excluded };
}

/** The page of an event within a batch, as the ETL finds it: its own, else the batch's. */
function pathWithin(nested: unknown, batchPath: string | undefined): string | undefined {
  const fields = fieldsOf(nested);
  const said = typeof fields.eventType === "string" ? fields : fieldsOf(fields.event);
  return pageOf(said.path, said.url) ?? (textOf(said.url) === undefined ? batchPath : undefined);
}

/** Where an event with a URL has no path, that is no absolute one: mostly the path itself. */
function pageOf(path: unknown, url: unknown): string | undefined {
  return textOf(path) ?? textOf(url);
}

/** One piece after the other from the left, the first and the last at the ends: no text makes this take long. */
function matches(path: string, pieces: readonly string[]): boolean {
  const first = pieces[0]!;
  const last = pieces.at(-1)!;
  if (pieces.length === 1) return path === first;
  if (path.length < first.length + last.length || !path.startsWith(first) || !path.endsWith(last)) {
    return false;
  }
  const end = path.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = path.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
