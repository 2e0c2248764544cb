import type { Availability } from "../db/availability.ts";
import type { Database } from "../db/database.ts";
import type { EventWriter } from "../db/event_writer.ts";
import type { RefusedOrigins } from "../db/refused_origins.ts";
import type { SiteDirectory } from "../db/site_directory.ts";
import type { Spool } from "../db/spool.ts";
import type { IpMode } from "../events/client_address.ts";
import type { Networks } from "../events/networks.ts";
import type { VisitorDirectory } from "../events/visitor.ts";
import type { Geoip } from "../geoip.ts";
import type { WebAssets } from "../web/assets.ts";
import type { RateLimitOptions } from "./rate_limits.ts";

/** What the app stands on. */
export interface AppServices {
  db: Database;
  /** The same database, for questions: their connections are not the collector's, where it has several. */
  stats: Database;
  availability: Availability;
  events: EventWriter;
  sites: SiteDirectory;
  refusedOrigins: RefusedOrigins;
  visitors: VisitorDirectory;
  assets: WebAssets;
  /** Runs every job once; answers a row a job. */
  runJobs(): Promise<{ job: string; rows: number; seconds: number; error?: string }[]>;
  spool?: Spool;
  /** Where addresses are, if there is a database of them. */
  geoip?: Pick<Geoip, "countryOf">;
  /** The networks of data centres, if there is a list of them. */
  botNetworks?: Networks;
  /** How long a made-up event takes through the whole way, where one is sent. */
  canary?: { readonly seconds: number | undefined };
}

export interface AppOptions {
  adminToken: string;
  openRegistration: boolean;
  trustProxy: number;
  /** The path under which a proxy serves the app, such as `/stats`; `""` for `/`. */
  basePath: string;
  ipMode: IpMode;
  /** The header that tells the visitor's country, if one may be believed. */
  countryHeader: string | undefined;
  rateLimits: RateLimitOptions;
  /** More paths of the tracker. */
  trackerPaths: readonly string[];
  /** More paths that take events. */
  collectPaths: readonly string[];
  /** Whether this is the `dev` task: it also answers SQL, to whoever has the admin token. */
  dev: boolean;
}

/** What the server knows about a connection: Deno's `ServeHandlerInfo`, as far as we read it; and what app.ts adds. */
export interface Connection {
  Bindings: {
    remoteAddr?: { hostname?: string };
    /** Under which path a browser sees this host; read by `basePathOf`. */
    basePath?: string;
  };
}
