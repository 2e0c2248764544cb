import type { Asked } from "../db/database.ts";
import { storable, type StorableEvent } from "../db/event_row.ts";
import { EventStore } from "../db/event_store.ts";
import { listSites } from "../db/site_directory.ts";
import { enrichEvent, type SiteContext } from "../events/enrich.ts";
import { parsePayloads } from "../events/payload.ts";
import { rulesOf } from "../events/site_rules.ts";
import type { Post } from "./posts.ts";
import { traffic, type TrafficOptions } from "./traffic.ts";

export interface FillOptions extends TrafficOptions {
  ipMode: SiteContext["ipMode"];
  /** Told after each group how many events were stored. */
  onProgress?: (events: number) => void;
}

// A statement's worth; a terminal sees some of them a second.
const GROUP_ROWS = 1_000;
const TIMEOUT_MS = 60_000;
// From the browser to the collector.
const JOURNEY_MS = 40;

/**
 * Stores traffic as the collector would have, had it been there: each post is parsed, enriched, redacted and stored by
 * the functions that take a request. What is stored already is not stored again.
 *
 * @throws {Error} If an event is refused: traffic is always valid
 */
export async function fillDatabase(db: Asked, options: FillOptions): Promise<void> {
  const store = new EventStore(db);
  const site = await siteContext(db, options);
  let group: StorableEvent[] = [];
  let events = 0;
  const flush = async () => {
    const [refused] = await store.store(group, TIMEOUT_MS);
    if (refused) throw new Error(`An event was refused: it ${refused.message}`);
    group = [];
    options.onProgress?.(events);
  };
  for (const post of traffic(options)) {
    group.push(...collect(post, site));
    events += post.events;
    if (group.length >= GROUP_ROWS) await flush();
  }
  await flush();
}

async function siteContext(db: Asked, { siteId, ipMode }: FillOptions): Promise<SiteContext> {
  const site = (await listSites(db)).find((site) => site.siteId === siteId);
  return {
    domains: site?.domains ?? [],
    ipMode: site?.ipMode ?? ipMode,
    isSecretName: rulesOf(site).isSecretName,
  };
}

/** The rows that the collector makes of a post. */
export function collect(post: Post, site: SiteContext): StorableEvent[] {
  const { accepted, rejected } = parsePayloads(post.body);
  if (rejected.length > 0) throw new Error(`A post was rejected: ${JSON.stringify(rejected[0])}`);
  const request = {
    receivedAt: new Date(post.sentAt + JOURNEY_MS),
    address: post.visitor.address,
    // The addresses are made up: the time zone tells.
    country: undefined,
    isFromDataCentre: false,
    userAgent: post.visitor.userAgent,
    acceptLanguage: post.visitor.language,
    referer: undefined,
  };
  return accepted.map(({ index, payload }) => {
    const ids = { visitorId: payload.visitorId!, sessionId: payload.sessionId! };
    const { row, agent } = enrichEvent(payload, request, site, ids);
    // The collector draws an id where the tracker sent none; ours must be the same the next time.
    row.event_id = post.eventIds[index]!;
    return storable({ row, agent });
  });
}
