import process from "node:process";
import { z } from "zod";
import { BASE_PATH_MAY_BE, parseBasePath, withoutBasePath } from "./base_path.ts";
import { POSTGRES_DRIVERS, type PostgresDriver } from "./db/database.ts";
import { type DatabaseTarget, isEmbedded } from "./db/open.ts";
import { passwordsOf, postgresUrlProblem } from "./db/postgres_url.ts";
import { LOG_LEVELS } from "./log.ts";

/** `dev` and `start` serve; `task` is a command that works on the database and ends. */
export type Mode = "dev" | "start" | "task";

export interface Config {
  port: number;
  host: string;
  database: DatabaseTarget;
  databaseDriver: PostgresDriver;
  poolSize: number;
  /** Undefined in `dev` where none is set: it generates one. */
  adminToken: string | undefined;
  openRegistration: boolean;
  /** How many proxies in front may be believed about `X-Forwarded-For` and its like. */
  trustProxy: number;
  /** The path under which a proxy serves it, such as `/stats`; `""` for `/`. */
  basePath: string;
  ipMode: "full" | "truncate" | "none";
  /** The request header that tells the visitor's country; undefined where none may be believed. */
  countryHeader: string | undefined;
  /** A MaxMind DB file that tells the countries of addresses. */
  geoipDatabase: string | undefined;
  /** A file of the networks of data centres, from which no visitor comes. */
  botNetworks: string | undefined;
  /** Events a second that one public address may send, and one site may get; 0 is no limit. */
  rateLimits: { perAddress: number; perSite: number };
  /** Where events wait while Postgres is away; undefined where that is switched off. */
  spoolPath: string | undefined;
  /** Whether it was asked for by name: then a file that cannot be opened stops the start. */
  spoolRequired: boolean;
  /** What the spool's file may grow to. */
  spoolBytes: number;
  retentionDays: number;
  /** Whether this process runs the jobs at their times; else it only collects. */
  crons: boolean;
  /** Whether its crons send a made-up event a minute through the whole way, to time it. */
  canary: boolean;
  logLevel: typeof LOG_LEVELS[number];
  /** More paths at which the tracker is served, since lists of blockers know `/tracking.js`. */
  trackerPaths: string[];
  /** More paths that take events, for the same reason. */
  collectPaths: string[];
}

/** Where the embedded database is kept when no other is named. */
export const EMBEDDED_DATABASE = "pglite:.data/pg";

const wholeNumber = (min: number, max: number) =>
  z.string().regex(/^\d{1,15}$/).transform(Number).refine((n) => n >= min && n <= max);

const onOrOff = z.enum(["on", "off"]).transform((value) => value === "on");

const PATH = /^\/[\w.~-]+(\/[\w.~-]+)*$/;
// What has a meaning already, and would lose it.
const TAKEN_PATHS =
  /^\/(tracking\.js|collect|health(\/.*)?|metrics|sql|etl\/.*|demo(\/.*)?|(dashboard|share|assets|api\/v1)(\/.*)?)$/;
const paths = z.string()
  .transform((value) => value.split(",").map((path) => path.trim()))
  .refine((list) => list.every((path) => PATH.test(path) && !TAKEN_PATHS.test(path)));
const PATHS_MAY_BE = "paths of your own, separated by commas, such as /js/app.js,/a.js";

const noUrl = z.string().regex(/^(?!.*:\/\/).*[^\r\n]$/s);

/** As in a URL, an IPv6 address may stand in brackets. */
const withoutBrackets = (host: string) => host.replace(/^\[|\]$/g, "");

const POSTGRES_URL = "postgres://USER:PASSWORD@HOST:PORT/DATABASE";

// Each setting with what it may be, in the words of the error.
const SETTINGS = {
  PORT: { schema: wholeNumber(0, 65535), mayBe: "a whole number from 0 to 65535" },
  HOST: {
    schema: z.string().regex(/^(\[[\da-f:.]+\]|[^\s/@?#[\]]+)$/i).transform(withoutBrackets),
    mayBe: "an address to listen on, such as 0.0.0.0, 127.0.0.1, :: or ::1",
  },
  DATABASE_URL: {
    schema: z.string().regex(/^(postgres(ql)?:\/\/.+|pglite:\S+)$/s),
    mayBe: `${POSTGRES_URL}, pglite:DIR or pglite:memory`,
  },
  PGHOST: {
    schema: z.string().regex(/^(\/.*|\[[\da-f:.]+\]|[^\s/@?#,[\]]+)$/i).transform(withoutBrackets),
    mayBe: "a host name, an address, or the folder of a socket",
  },
  PGPORT: { schema: wholeNumber(1, 65535), mayBe: "a whole number from 1 to 65535" },
  PGUSER: { schema: noUrl, mayBe: "a user name" },
  PGPASSWORD: { schema: z.string().regex(/[^\r\n]$/), mayBe: "a password, without a line end after it" },
  PGDATABASE: { schema: noUrl, mayBe: "a database name; a URL is for DATABASE_URL" },
  DATABASE_DRIVER: { schema: z.enum(POSTGRES_DRIVERS), mayBe: POSTGRES_DRIVERS.join(" or ") },
  DATABASE_POOL_SIZE: { schema: wholeNumber(1, 1000), mayBe: "a whole number from 1 to 1000" },
  ADMIN_TOKEN: {
    schema: z.string().regex(/^[\x21-\x7e]{8,}$/),
    mayBe: "8 or more characters without blanks",
  },
  OPEN_REGISTRATION: {
    schema: z.enum(["true", "false"]).transform((value) => value === "true"),
    mayBe: "true or false",
  },
  TRUST_PROXY: { schema: wholeNumber(0, 32), mayBe: "the number of proxies in front, 0 to 32" },
  BASE_PATH: {
    schema: z.string().transform(parseBasePath).refine((path) => path !== undefined),
    mayBe: BASE_PATH_MAY_BE,
  },
  IP_MODE: { schema: z.enum(["full", "truncate", "none"]), mayBe: "full, truncate or none" },
  COUNTRY_HEADER: {
    schema: z.string().regex(/^[\w-]{1,100}$/),
    mayBe: "the name of the header in which your platform tells the country, such as cf-ipcountry",
  },
  GEOIP_DATABASE: { schema: z.string(), mayBe: "the path of a MaxMind DB file" },
  BOT_NETWORKS: {
    schema: z.string(),
    mayBe: "the path of a file of networks, such as 192.0.2.0/24, one a line",
  },
  RATE_LIMIT_ADDRESS: { schema: wholeNumber(0, 1_000_000), mayBe: "events a second, 0 to 1000000" },
  RATE_LIMIT_SITE: { schema: wholeNumber(0, 1_000_000), mayBe: "events a second, 0 to 1000000" },
  SPOOL_PATH: { schema: z.string(), mayBe: "a file's path, or off" },
  SPOOL_MAX_MB: { schema: wholeNumber(1, 1_000_000), mayBe: "a whole number of megabytes from 1 to 1000000" },
  CRONS: { schema: onOrOff, mayBe: "on or off" },
  CANARY: { schema: onOrOff, mayBe: "on or off" },
  RETENTION_DAYS: { schema: wholeNumber(1, 36500), mayBe: "a whole number of days from 1 to 36500" },
  LOG_LEVEL: { schema: z.enum(LOG_LEVELS), mayBe: LOG_LEVELS.join(", ") },
  TRACKER_PATHS: { schema: paths, mayBe: PATHS_MAY_BE },
  COLLECT_PATHS: { schema: paths, mayBe: PATHS_MAY_BE },
} as const;

/** An environment: the variables that are set. */
type Environment = Readonly<Record<string, string | undefined>>;

type Settings = { [Name in keyof typeof SETTINGS]?: z.output<typeof SETTINGS[Name]["schema"]> };

// Their values stay out of messages: these end up in logs and on screens.
const SECRET = new Set(["ADMIN_TOKEN", "DATABASE_URL", "PGPASSWORD"]);

/** The value of a setting for an error message; hidden if it is a secret, or looks like a URL in the wrong setting. */
function shown(name: string, value: string): string {
  return SECRET.has(name) || /:\/\/|@/.test(value) ? "not valid" : JSON.stringify(value);
}

/** Everything that is wrong with the settings, a line each. */
export class ConfigError extends Error {
  override name = "ConfigError";
  constructor(readonly problems: string[]) {
    super(["Cannot read the settings:", ...problems.map((problem) => `  ${problem}`)].join("\n"));
  }
}

/**
 * The settings of this process. An empty variable counts as unset.
 *
 * @throws {ConfigError} If any variable is wrong or missing: all of them in one error
 */
export function readConfig(mode: Mode, env: Environment = { ...process.env }): Config {
  const problems: string[] = [];
  const settings: Record<string, unknown> = {};
  for (const [name, { schema, mayBe }] of Object.entries(SETTINGS)) {
    const value = env[name];
    if (value === undefined || value === "") continue;
    const parsed = schema.safeParse(value);
    if (parsed.success) settings[name] = parsed.data;
    else problems.push(`${name} is ${shown(name, value)}, but may be ${mayBe}`);
  }
  const set = settings as Settings;
  if (set.DATABASE_URL !== undefined && !isEmbedded(set.DATABASE_URL)) {
    const problem = postgresUrlProblem(set.DATABASE_URL);
    if (problem) problems.push(`DATABASE_URL is not valid: ${problem}, as in ${POSTGRES_URL}`);
  }
  // Of a link, with its interface, as fe80::1%eth0.
  if (mode === "dev" && set.HOST?.includes("%")) {
    problems.push(
      `HOST is ${shown("HOST", set.HOST)}, which no URL can name, but may be ${SETTINGS.HOST.mayBe}`,
    );
  }
  const database = databaseTarget(set) ?? (mode === "start" ? undefined : EMBEDDED_DATABASE);
  if (mode === "start") {
    const named = Boolean(env["DATABASE_URL"] || env["PGHOST"]);
    if (!named) {
      problems.push(`DATABASE_URL is not set, but production needs a Postgres: ${POSTGRES_URL}`);
    } else if (database !== undefined && isEmbedded(database)) {
      problems.push(
        `DATABASE_URL names an embedded database, but production needs a Postgres: ${POSTGRES_URL}`,
      );
    }
    if (!env["ADMIN_TOKEN"]) {
      problems.push(`ADMIN_TOKEN is not set, but must be ${SETTINGS.ADMIN_TOKEN.mayBe}`);
    }
  }
  for (const name of ["TRACKER_PATHS", "COLLECT_PATHS"] as const) {
    const path = set[name]?.find((path) => set.BASE_PATH && withoutBasePath(path, set.BASE_PATH) !== path);
    if (path !== undefined) {
      problems.push(
        `${name} has ${path}, but may not begin with BASE_PATH, under which all paths are served`,
      );
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    port: set.PORT ?? 8000,
    host: set.HOST ?? (mode === "dev" ? "127.0.0.1" : "0.0.0.0"),
    database: database!,
    databaseDriver: set.DATABASE_DRIVER ?? "pg",
    poolSize: set.DATABASE_POOL_SIZE ?? 4,
    adminToken: set.ADMIN_TOKEN,
    openRegistration: set.OPEN_REGISTRATION ?? mode === "dev",
    trustProxy: set.TRUST_PROXY ?? 0,
    basePath: set.BASE_PATH ?? "",
    ipMode: set.IP_MODE ?? "truncate",
    countryHeader: set.COUNTRY_HEADER,
    geoipDatabase: set.GEOIP_DATABASE,
    botNetworks: set.BOT_NETWORKS,
    spoolPath: spoolPath(set, env),
    spoolRequired: set.SPOOL_PATH !== undefined && set.SPOOL_PATH !== "off",
    spoolBytes: (set.SPOOL_MAX_MB ?? 1_000) * 1_000_000,
    rateLimits: { perAddress: set.RATE_LIMIT_ADDRESS ?? 200, perSite: set.RATE_LIMIT_SITE ?? 0 },
    retentionDays: set.RETENTION_DAYS ?? 90,
    crons: set.CRONS ?? isProduction(env),
    canary: set.CANARY ?? false,
    logLevel: set.LOG_LEVEL ?? "info",
    trackerPaths: set.TRACKER_PATHS ?? [],
    collectPaths: set.COLLECT_PATHS ?? [],
  };
}

/** The values of settings that must not appear in a log. */
export function secretsOf({ adminToken, database }: Config): string[] {
  const token = adminToken === undefined ? [] : [adminToken];
  if (typeof database !== "string") {
    const { user, password } = database;
    return password === undefined || password === user ? token : [...token, password];
  }
  return isEmbedded(database) ? token : [...token, ...passwordsOf(database)];
}

/** An instance of Deno Deploy loses its disk when it is stopped, so what is spooled there would not be durable. */
function spoolPath(set: Settings, env: Environment): string | undefined {
  if (set.SPOOL_PATH === "off") return undefined;
  return set.SPOOL_PATH ?? (env["DENO_DEPLOY"] ? undefined : ".data/spool.db");
}

/** Deno Deploy fires the crons of every branch, too; only there is a timeline named. */
function isProduction(env: Environment): boolean {
  return (env["DENO_TIMELINE"] || "production") === "production";
}

function databaseTarget(set: Settings): DatabaseTarget | undefined {
  if (set.DATABASE_URL) return set.DATABASE_URL;
  if (!set.PGHOST) return undefined;
  const user = set.PGUSER ?? "postgres";
  return {
    host: set.PGHOST,
    port: set.PGPORT ?? 5432,
    user,
    password: set.PGPASSWORD,
    database: set.PGDATABASE ?? user,
  };
}
