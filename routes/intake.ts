import { LRUCache } from "lru-cache";
import { DatabaseUnavailable } from "../db/database.ts";
import type { NewEvent } from "../db/event_row.ts";
import type { Site } from "../db/site_directory.ts";
import type { Receipt } from "../db/write_queue.ts";
import { type Remainder, withoutExcludedPages } from "../events/exclusions.ts";
import { enrichEvent, type RequestContext, userAgentOf } from "../events/enrich.ts";
import type { Payload, Rejection } from "../events/payload.ts";
import { originHost, plainOrigin } from "../events/origin.ts";
import { isWithin } from "../events/referrer.ts";
import { rulesOf } from "../events/site_rules.ts";
import type { VisitorIds } from "../events/visitor.ts";
import type { Metrics } from "./metrics.ts";
import { RateLimits } from "./rate_limits.ts";
import type { AppOptions, AppServices } from "./services.ts";

export type IntakeServices = Pick<AppServices, "events" | "sites" | "visitors" | "refusedOrigins">;
export type IntakeOptions = Pick<AppOptions, "openRegistration" | "ipMode" | "rateLimits">;

/** The sender of a request. */
export interface Sender extends RequestContext {
  /** Of the page that sent it, where a browser did. */
  origin: string | undefined;
}

/** What a site's settings leave out of an item. */
export interface Exclusion {
  /** The item's place in the posted array; 0 for an item that came alone. */
  index: number;
  message: string;
}

/** What became of the items of one request. */
export interface Outcome {
  stored: "postgres" | "spool";
  /** The ids of the stored items, in order. */
  eventIds: string[];
  rejected: Rejection[];
  /** Items that a site's settings leave out, as a whole or (then they are among the stored) in part. */
  excluded: Exclusion[];
  /** How many of the items were turned away because of their site. */
  forbidden: number;
}

/** A valid item, with its place in the request. */
export interface Item {
  index: number;
  payload: Payload;
}

/** The items of a request that are on their way to be stored. */
interface Taken {
  places: { index: number; eventId: string }[];
  rejected: Rejection[];
  excluded: Exclusion[];
  forbidden: number;
  /** Undefined where no item was taken. */
  receipt?: Promise<Receipt>;
}

/** Decides about the items of a request, and stores those that are taken. */
export class Intake {
  readonly #services: IntakeServices;
  readonly #options: IntakeOptions;
  readonly #metrics: Metrics;
  readonly #limits: RateLimits;
  /** The bots of visits of which only a pageview tells, such as that a program drives the browser. */
  readonly #botsOfVisits = new LRUCache<string, string>({ max: 50_000 });

  constructor(services: IntakeServices, options: IntakeOptions, metrics: Metrics) {
    this.#services = services;
    this.#options = options;
    this.#metrics = metrics;
    this.#limits = new RateLimits(options.rateLimits);
  }

  /** To be called before anything of a request is read. @throws {TooFast} */
  admit(sender: Sender): void {
    this.#limits.takeFromAddress(sender.address, 1);
  }

  /**
   * @param items the valid ones, with their place in the request
   * @param invalid the others
   * @throws {TooFast | QueueFull | DatabaseUnavailable} Then nothing of it was stored
   */
  store(sender: Sender, items: Item[], invalid: Rejection[]): Promise<Outcome> {
    // Not in one function: it would hold on to the items until they are stored.
    return this.#finish(this.#take(sender, items, invalid));
  }

  async #take(sender: Sender, items: Item[], invalid: Rejection[]): Promise<Taken> {
    let rejected = [...invalid];
    const excluded: Exclusion[] = [];
    const leftOut = new Set<number>();
    const taken: { index: number; event: NewEvent }[] = [];
    const perSite = new Map<string, number>();
    const sites = new Map<string, Site | undefined>();
    let forbidden = 0;
    for (const { index, payload } of items) {
      // Awaited once a site: a thousand events of one would be as many turns of the queue of promises.
      if (!sites.has(payload.siteId)) sites.set(payload.siteId, await this.#findSite(payload.siteId));
      const site = sites.get(payload.siteId);
      const sent = countEvents(payload);
      const reason = this.#whyForbidden(payload.siteId, site, sender.origin, sent);
      if (reason !== undefined) {
        forbidden++;
        rejected.push({ index, issues: [{ path: "siteId", message: reason }] });
        continue;
      }
      if (rulesOf(site).exclusions?.hasAddress(sender.address)) {
        excluded.push(this.#leaveOut("network", index, sent, sent));
        leftOut.add(index);
        continue;
      }
      const { sessionId, visitorId } = payload;
      const visitor = sessionId !== undefined && visitorId !== undefined
        ? { sessionId, visitorId }
        : await this.#identify(payload, sender, site?.timezone);
      const { event, excluded: pages } = this.#makeEvent(payload, sender, site, visitor);
      if (pages > 0) excluded.push(this.#leaveOut("path", index, pages, sent));
      if (event === undefined) {
        leftOut.add(index);
        continue;
      }
      taken.push({ index, event });
      perSite.set(payload.siteId, (perSite.get(payload.siteId) ?? 0) + sent);
    }
    // Of an item that is left out as a whole it no longer matters which of its events were not valid.
    if (leftOut.size > 0) rejected = rejected.filter(({ index }) => !leftOut.has(index));
    if (rejected.length > 0) this.#metrics.rejected(rejected.length);
    if (taken.length === 0) return { places: [], rejected, excluded, forbidden };
    // The request itself has paid for one.
    this.#limits.takeFromAddress(sender.address, perSite.values().reduce((sum, events) => sum + events, -1));
    for (const [siteId, events] of perSite) this.#limits.takeFromSite(siteId, events);

    return {
      places: taken.map(({ index, event }) => ({ index, eventId: event.row.event_id })),
      rejected,
      excluded,
      forbidden,
      receipt: this.#services.events.add(taken.map(({ event }) => event)),
    };
  }

  async #finish(taking: Promise<Taken>): Promise<Outcome> {
    const { places, rejected, excluded, forbidden, receipt } = await taking;
    if (receipt === undefined) return { stored: "postgres", eventIds: [], rejected, excluded, forbidden };
    const { stored, refused } = await receipt;
    for (const { index, message } of refused) {
      rejected.push({ index: places[index]!.index, issues: [{ path: "", message: `the event ${message}` }] });
    }
    const refusedPlaces = new Set(refused.map(({ index }) => index));
    const eventIds = places.filter((_, index) => !refusedPlaces.has(index)).map(({ eventId }) => eventId);
    this.#metrics.accepted(eventIds.length, stored);
    return { stored, eventIds, rejected, excluded, forbidden };
  }

  /** The event to store, without what its site leaves out by its page. */
  #makeEvent(payload: Payload, sender: Sender, site: Site | undefined, visitor: VisitorIds): Remainder {
    const { isSecretName, exclusions, pathRules } = rulesOf(site);
    const context = {
      domains: site?.domains ?? [],
      ipMode: site?.ipMode ?? this.#options.ipMode,
      isSecretName,
    };
    const event = enrichEvent(payload, sender, context, visitor);
    this.#judgeWithVisit(event);
    const remainder = exclusions?.excludesPaths
      ? withoutExcludedPages(event, exclusions)
      : { event, excluded: 0 };
    if (remainder.event) pathRules?.apply(remainder.event);
    return remainder;
  }

  /** Trackers describe the browser and the referrer with a pageview only: what follows it in its visit is the same bot's. */
  #judgeWithVisit({ row }: NewEvent): void {
    const isOfVisit = row.bot === "webdriver" || row.bot === "referrer spam";
    if (!isOfVisit && (row.bot !== null || this.#botsOfVisits.size === 0)) return;
    const visit = JSON.stringify([row.site_id, row.session_id, row.visitor_id]);
    if (isOfVisit) this.#botsOfVisits.set(visit, row.bot!);
    else row.bot = this.#botsOfVisits.get(visit) ?? null;
  }

  /** @param excluded how many of the `sent` events of the item */
  #leaveOut(reason: "network" | "path", index: number, excluded: number, sent: number): Exclusion {
    this.#metrics.excluded(reason, excluded);
    const what = excluded === sent ? "it was left out" : `${excluded} of its ${sent} events were left out`;
    return { index, message: `${what}: the site excludes its ${reason}` };
  }

  async #findSite(siteId: string): Promise<Site | undefined> {
    try {
      return await this.#services.sites.find(siteId);
    } catch (error) {
      // Where any site is accepted, not knowing this one yet is no reason to turn its events away.
      if (this.#options.openRegistration && error instanceof DatabaseUnavailable) return undefined;
      throw error;
    }
  }

  #whyForbidden(
    siteId: string,
    site: Site | undefined,
    origin: string | undefined,
    events: number,
  ): string | undefined {
    if (!site) {
      return this.#options.openRegistration
        ? undefined
        : `site ${siteId} is unknown here: add it with deno task site add ${siteId}`;
    }
    if (origin === undefined || site.domains.length === 0) return undefined;
    const host = originHost(origin);
    if (host !== undefined && site.domains.some((domain) => isWithin(host, domain))) return undefined;
    this.#services.refusedOrigins.add(siteId, plainOrigin(origin) ?? "", events);
    const advice = host === undefined
      ? "that is no origin of a page"
      : `if its pages are the site's, add it with deno task site set ${siteId} --add-domain ${host}`;
    return `site ${siteId} does not list the origin ${origin}: ${advice}`;
  }

  /** The ids that the client sent, and in the place of those that it did not what we know it by. */
  async #identify(payload: Payload, sender: Sender, timezone?: string): Promise<VisitorIds> {
    const { siteId, sessionId, visitorId } = payload;
    const userAgent = userAgentOf(payload, sender) ?? "";
    const derived = await this.#services.visitors.identify(
      siteId,
      sender.address,
      userAgent,
      sender.receivedAt,
      timezone,
    );
    return { sessionId: sessionId ?? derived.sessionId, visitorId: visitorId ?? derived.visitorId };
  }
}

/** How many events the item brings. Any event but a batch may have a field `events`, and hold anything there. */
function countEvents({ eventType, events }: Payload): number {
  return eventType === "batch" && events !== undefined ? events.length : 1;
}
