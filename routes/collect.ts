import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { clientAddress } from "../events/client_address.ts";
import { countryCode } from "../events/country.ts";
import { parsePayloads, type Rejection } from "../events/payload.ts";
import { payloadOfQuery } from "../events/pixel.ts";
import { readBody } from "./body.ts";
import { BodyBudget } from "./body_budget.ts";
import { answerError } from "./errors.ts";
import { Intake, type IntakeOptions, type IntakeServices, type Outcome, type Sender } from "./intake.ts";
import type { Metrics } from "./metrics.ts";
import { problem } from "./problem.ts";
import { networkOf } from "./rate_limits.ts";
import type { AppOptions, AppServices, Connection } from "./services.ts";

const MAX_ERRORS = 20;
// A phone on a bad line sends a page's events in this time; who takes longer only holds a connection.
const BODY_LIMITS = { maxBytes: 256 * 1024, patience: 30_000 };

// The smallest GIF that every browser takes: one transparent pixel, 43 bytes.
const PIXEL = Uint8Array.from(
  atob("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="),
  (c) => c.charCodeAt(0),
);

// Any page may post, and read what the tracker needs of the answer.
const CORS_HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "Retry-After,X-Dropped",
};
const PIXEL_HEADERS = { ...CORS_HEADERS, "content-type": "image/gif", "cache-control": "no-store" };
const RECEIPT = { status: 202, headers: { ...CORS_HEADERS, "content-type": "application/json" } };

type CollectContext = Context<Connection>;
type CollectServices = IntakeServices & Pick<AppServices, "geoip" | "botNetworks">;
type CollectOptions = IntakeOptions & Pick<AppOptions, "trustProxy" | "countryHeader" | "collectPaths">;

/** `POST /collect` and its pixel: stores 1..1000 events. A 202 means they are durable, not queued in memory. */
export function collectRoutes(
  services: CollectServices,
  options: CollectOptions,
  metrics: Metrics,
): Hono<Connection> {
  const app = new Hono<Connection>();
  const paths = ["/collect", ...options.collectPaths];
  const bodies = new BodyBudget();
  const intake = new Intake(services, options, metrics);

  // A preflight only: as a middleware the library costs as much as an echo does in all.
  app.on("OPTIONS", paths, (c, next) => {
    c.header("allow", "GET, HEAD, POST, OPTIONS");
    return next();
  }, cors({ origin: "*", allowMethods: ["POST", "GET"], maxAge: 86_400 }));

  // One handler a method, and no middleware: for a single one Hono needs no chain of promises.
  app.on("POST", paths, (c) =>
    answer(c, async (sender) => {
      // A beacon posts text/plain to skip the preflight, so the content type says nothing here.
      using room = bodies.open(sender.address && networkOf(sender.address));
      const { alone, storing } = store(sender, await readBody(c.req.raw, BODY_LIMITS, room));
      const outcome = await storing;
      return outcome.eventIds.length > 0 ? receipt(outcome, alone) : refusal(c, outcome, metrics);
    }));

  app.on("GET", paths, (c) =>
    answer(c, async (sender) => {
      // Who asks for the head only looks whether the link is alive.
      if (c.req.method === "HEAD") {
        return c.body(null, 200, { ...PIXEL_HEADERS, "content-length": String(PIXEL.length) });
      }
      const payload = payloadOfQuery(new URL(c.req.url).searchParams);
      const outcome = await store(sender, JSON.stringify(payload)).storing;
      return outcome.eventIds.length > 0 ? c.body(PIXEL, 200, PIXEL_HEADERS) : refusal(c, outcome, metrics);
    }));

  /** Apart from those who wait for it, so that they hold on to nothing of the body. */
  function store(sender: Sender, body: string): { alone: boolean; storing: Promise<Outcome> } {
    const { accepted, rejected, alone } = parsePayloads(body);
    return { alone, storing: intake.store(sender, accepted, rejected) };
  }

  async function answer(c: CollectContext, take: (sender: Sender) => Promise<Response>): Promise<Response> {
    try {
      const reason = c.req.header("sec-gpc") === "1"
        ? "gpc"
        : c.req.header("dnt") === "1"
        ? "dnt"
        : undefined;
      if (reason !== undefined) return drop(c, reason, metrics);
      const sender = senderOf(c, options, services);
      intake.admit(sender);
      return await take(sender);
    } catch (error) {
      return answerError(error as Error, c, CORS_HEADERS);
    }
  }
  return app;
}

function senderOf(
  c: CollectContext,
  { trustProxy, countryHeader }: CollectOptions,
  { geoip, botNetworks }: Pick<CollectServices, "geoip" | "botNetworks">,
): Sender {
  const address = clientAddress(
    c.env?.remoteAddr?.hostname,
    trustProxy > 0 ? c.req.header("x-forwarded-for") : undefined,
    trustProxy,
  );
  const told = countryHeader === undefined ? undefined : countryCode(c.req.header(countryHeader));
  return {
    receivedAt: new Date(),
    address,
    country: told ?? (address === undefined ? undefined : geoip?.countryOf(address)),
    isFromDataCentre: address !== undefined && botNetworks !== undefined && botNetworks.has(address),
    userAgent: c.req.header("user-agent"),
    acceptLanguage: c.req.header("accept-language"),
    referer: c.req.header("referer"),
    origin: c.req.header("origin"),
  };
}

function receipt(outcome: Outcome, alone: boolean): Response {
  const body = {
    status: outcome.stored === "spool" ? "spooled" : "accepted",
    accepted: outcome.eventIds.length,
    ...(alone && outcome.stored === "postgres" ? { event_id: outcome.eventIds[0] } : {}),
    ...(outcome.rejected.length > 0
      ? { rejected: outcome.rejected.map(summary).sort((a, b) => a.index - b.index) }
      : {}),
    ...(outcome.excluded.length > 0 ? { excluded: outcome.excluded } : {}),
  };
  // Not through the context, which copies the headers one by one.
  return new Response(JSON.stringify(body), RECEIPT);
}

function summary({ index, issues }: Rejection): { index: number; message: string } {
  return { index, message: issues.map((issue) => issue.message).join("; ") };
}

/** Nothing of the request is kept, and that is as it should be: whoever sent it has no reason to send it again. */
function drop(c: CollectContext, reason: string, metrics: Metrics): Response {
  metrics.dropped(reason);
  return c.body(null, 204, { ...CORS_HEADERS, "x-dropped": reason });
}

function refusal(c: CollectContext, { rejected, forbidden }: Outcome, metrics: Metrics): Response {
  if (rejected.length === 0) return drop(c, "excluded", metrics);
  // An answer must not be a hundred times its request.
  const errors = rejected.flatMap(({ issues }) => issues).slice(0, MAX_ERRORS);
  return forbidden === rejected.length
    ? problem(c, 403, errors[0]!.message, errors, CORS_HEADERS)
    : problem(c, 400, `No event could be accepted: ${errors[0]!.message}`, errors, CORS_HEADERS);
}
