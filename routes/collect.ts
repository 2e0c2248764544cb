import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import type { NewEvent } from "../db/event_row.ts";
import type { Site } from "../db/site_directory.ts";
import { DatabaseUnavailable } from "../db/database.ts";
import { clientAddress } from "../events/client_address.ts";
import { enrichEvent, type RequestContext, userAgentOf } from "../events/enrich.ts";
import { parsePayloads, type Payload, type Rejection, UnreadableBody } from "../events/payload.ts";
import { payloadOfQuery } from "../events/pixel.ts";
import { hostOf, isWithin } from "../events/referrer.ts";
import type { AppOptions, AppServices, Connection } from "./services.ts";
import type { Metrics } from "./metrics.ts";
import { readBody } from "./body.ts";
import { problem } from "./problem.ts";
import { RateLimits } from "./rate_limits.ts";

// A phone on a bad line sends a page's events in this time; who takes longer only holds a connection.
const BODY_LIMITS = { maxBytes: 256 * 1024, patience: 30_000 };

// The smallest GIF that every browser takes: one transparent pixel, 43 bytes.
const PIXEL = Uint8Array.from(
  atob("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="),
  (c) => c.charCodeAt(0),
);

const PIXEL_HEADERS = { "content-type": "image/gif", "cache-control": "no-store" };

type CollectContext = Context<Connection>;
type CollectServices = Pick<AppServices, "events" | "sites" | "visitors">;
type CollectOptions = Pick<
  AppOptions,
  "openRegistration" | "trustProxy" | "ipMode" | "collectPaths" | "rateLimits"
>;

/** What became of the items of one request. */
interface Outcome {
  stored: "postgres" | "spool";
  /** The ids of the stored items, in order. */
  eventIds: string[];
  rejected: Rejection[];
  /** How many of the items were turned away because of their site. */
  forbidden: number;
}

/** `POST /collect` and its pixel: stores 1..1000 events. A 202 means they are durable, not queued in memory. */
export function collectRoutes(
  services: CollectServices,
  options: CollectOptions,
  metrics: Metrics,
): Hono<Connection> {
  const app = new Hono<Connection>();
  const paths = ["/collect", ...options.collectPaths];
  const limits = new RateLimits(options.rateLimits);
  app.on(
    "ALL",
    paths,
    cors({
      origin: "*",
      allowMethods: ["POST", "GET"],
      maxAge: 86_400,
      exposeHeaders: ["Retry-After", "X-Dropped"],
    }),
  );
  app.on("ALL", paths, async (c, next) => {
    const reason = c.req.header("sec-gpc") === "1" ? "gpc" : c.req.header("dnt") === "1" ? "dnt" : undefined;
    if (reason === undefined) return await next();
    metrics.dropped(reason);
    return c.body(null, 204, { "x-dropped": reason });
  });

  app.on("POST", paths, async (c) => {
    const request = requestContext(c, options.trustProxy);
    limits.takeFromAddress(request.address, 1);
    // A beacon posts text/plain to skip the preflight, so the content type says nothing here.
    const body = await readBody(c.req.raw, BODY_LIMITS);
    try {
      const { accepted, rejected, alone } = parsePayloads(body);
      const outcome = await store(c, request, accepted, rejected);
      return outcome.eventIds.length > 0 ? receipt(c, outcome, alone) : refusal(c, outcome);
    } catch (error) {
      if (error instanceof UnreadableBody) return problem(c, error.status, error.message);
      throw error;
    }
  });

  app.on("GET", paths, async (c) => {
    // Who asks for the head only looks whether the link is alive.
    if (c.req.method === "HEAD") return c.body(null, 200, PIXEL_HEADERS);
    const request = requestContext(c, options.trustProxy);
    limits.takeFromAddress(request.address, 1);
    const payload = payloadOfQuery(new URL(c.req.url).searchParams);
    const { accepted, rejected } = parsePayloads(JSON.stringify(payload));
    const outcome = await store(c, request, accepted, rejected);
    if (outcome.eventIds.length === 0) return refusal(c, outcome);
    return c.body(PIXEL, 200, PIXEL_HEADERS);
  });

  app.on(
    "ALL",
    paths,
    (c) =>
      problem(c, 405, "Send events with POST, or one as a pixel with GET", undefined, {
        allow: "GET, POST, OPTIONS",
      }),
  );

  async function store(
    c: CollectContext,
    request: RequestContext,
    items: { index: number; payload: Payload }[],
    invalid: Rejection[],
  ): Promise<Outcome> {
    const rejected = [...invalid];
    const taken: { index: number; event: NewEvent }[] = [];
    const perSite = new Map<string, number>();
    let forbidden = 0;
    for (const { index, payload } of items) {
      const site = await findSite(payload.siteId);
      const reason = whyForbidden(payload.siteId, site, c.req.header("origin"));
      if (reason !== undefined) {
        forbidden++;
        rejected.push({ index, issues: [{ path: "siteId", message: reason }] });
        continue;
      }
      taken.push({ index, event: await enrich(payload, request, site) });
      perSite.set(payload.siteId, (perSite.get(payload.siteId) ?? 0) + (payload.events?.length ?? 1));
    }
    metrics.rejected(rejected.length);
    if (taken.length === 0) return { stored: "postgres", eventIds: [], rejected, forbidden };
    // The request itself has paid for one.
    limits.takeFromAddress(request.address, perSite.values().reduce((sum, events) => sum + events, -1));
    for (const [siteId, events] of perSite) limits.takeFromSite(siteId, events);

    const { stored, refused } = await services.events.add(taken.map(({ event }) => event));
    const refusedIndexes = new Set(refused.map(({ index }) => index));
    for (const { index, message } of refused) {
      rejected.push({ index: taken[index]!.index, issues: [{ path: "", message: `the event ${message}` }] });
    }
    const eventIds = taken.filter((_, index) => !refusedIndexes.has(index)).map(({ event }) =>
      event.row.event_id
    );
    metrics.accepted(eventIds.length, stored);
    return { stored, eventIds, rejected, forbidden };
  }

  async function findSite(siteId: string): Promise<Site | undefined> {
    try {
      return await services.sites.find(siteId);
    } catch (error) {
      // Where any site is accepted, not knowing this one yet is no reason to turn its events away.
      if (options.openRegistration && error instanceof DatabaseUnavailable) return undefined;
      throw error;
    }
  }

  function whyForbidden(
    siteId: string,
    site: Site | undefined,
    origin: string | undefined,
  ): string | undefined {
    if (!site) {
      return options.openRegistration
        ? undefined
        : `site ${siteId} is unknown here: add it with deno task site add ${siteId}`;
    }
    if (origin === undefined || site.domains.length === 0) return undefined;
    const host = hostOf(origin);
    if (host !== undefined && site.domains.some((domain) => isWithin(host, domain))) return undefined;
    return `site ${siteId} does not list the origin ${origin}: add it with deno task site add ${siteId} --domain …`;
  }

  async function enrich(
    payload: Payload,
    request: RequestContext,
    site: Site | undefined,
  ): Promise<NewEvent> {
    const { sessionId, visitorId } = payload;
    const derived = sessionId !== undefined && visitorId !== undefined
      ? undefined
      : await services.visitors.identify(
        payload.siteId,
        request.address,
        userAgentOf(payload, request) ?? "",
        request.receivedAt,
      );
    return enrichEvent(
      payload,
      request,
      { domains: site?.domains ?? [], ipMode: site?.ipMode ?? options.ipMode },
      { sessionId: sessionId ?? derived!.sessionId, visitorId: visitorId ?? derived!.visitorId },
    );
  }
  return app;
}

function requestContext(c: CollectContext, trustProxy: number): RequestContext {
  return {
    receivedAt: new Date(),
    address: clientAddress(c.env?.remoteAddr?.hostname, c.req.header("x-forwarded-for"), trustProxy),
    userAgent: c.req.header("user-agent"),
    acceptLanguage: c.req.header("accept-language"),
    referer: c.req.header("referer"),
  };
}

function receipt(c: CollectContext, outcome: Outcome, alone: boolean): Response {
  return c.json({
    status: outcome.stored === "spool" ? "spooled" : "accepted",
    accepted: outcome.eventIds.length,
    ...(alone && outcome.stored === "postgres" ? { event_id: outcome.eventIds[0] } : {}),
    ...(outcome.rejected.length > 0
      ? { rejected: outcome.rejected.map(summary).sort((a, b) => a.index - b.index) }
      : {}),
  }, 202);
}

function summary({ index, issues }: Rejection): { index: number; message: string } {
  return { index, message: issues.map((issue) => issue.message).join("; ") };
}

function refusal(c: CollectContext, { rejected, forbidden }: Outcome): Response {
  const errors = rejected.flatMap(({ issues }) => issues);
  return forbidden === rejected.length
    ? problem(c, 403, errors[0]!.message, errors)
    : problem(c, 400, `No event could be accepted: ${errors[0]!.message}`, errors);
}
