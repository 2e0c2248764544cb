import { assertEquals } from "@std/assert";
import { type Config, type Mode, readConfig, secretsOf } from "../config.ts";

const POSTGRES = "postgres://app:pw@db.example.com:5433/footfall";
const TOKEN = "0123456789abcdef";

// The contract's table of settings.
const DEFAULTS: Omit<Config, "database" | "host" | "adminToken" | "openRegistration"> = {
  port: 8000,
  databaseDriver: "pg",
  poolSize: 4,
  trustProxy: 0,
  basePath: "",
  ipMode: "truncate",
  countryHeader: undefined,
  geoipDatabase: undefined,
  botNetworks: undefined,
  spoolPath: ".data/spool.db",
  spoolRequired: false,
  spoolBytes: 1_000_000_000,
  rateLimits: { perAddress: 200, perSite: 0 },
  retentionDays: 90,
  crons: true,
  canary: false,
  logLevel: "info",
  trackerPaths: [],
  collectPaths: [],
};

const READ: [string, Mode, Record<string, string>, Config][] = [
  ["dev needs nothing: an embedded database, on this machine only, any site", "dev", {}, {
    ...DEFAULTS,
    host: "127.0.0.1",
    database: "pglite:.data/pg",
    adminToken: undefined,
    openRegistration: true,
  }],
  [
    "start takes a Postgres and a token, listens everywhere, knows its sites",
    "start",
    { DATABASE_URL: POSTGRES, ADMIN_TOKEN: TOKEN },
    { ...DEFAULTS, host: "0.0.0.0", database: POSTGRES, adminToken: TOKEN, openRegistration: false },
  ],
  ["a task works on what dev works on, and needs no token", "task", {}, {
    ...DEFAULTS,
    host: "0.0.0.0",
    database: "pglite:.data/pg",
    adminToken: undefined,
    openRegistration: false,
  }],
  ["dev takes a Postgres, too", "dev", { DATABASE_URL: "postgresql:///footfall" }, {
    ...DEFAULTS,
    host: "127.0.0.1",
    database: "postgresql:///footfall",
    adminToken: undefined,
    openRegistration: true,
  }],
  [
    "every setting is read",
    "start",
    {
      PORT: "0",
      HOST: "::1",
      DATABASE_URL: POSTGRES,
      DATABASE_DRIVER: "deno-postgres",
      DATABASE_POOL_SIZE: "12",
      ADMIN_TOKEN: TOKEN,
      OPEN_REGISTRATION: "true",
      TRUST_PROXY: "2",
      BASE_PATH: "/stats/",
      IP_MODE: "none",
      COUNTRY_HEADER: "cf-ipcountry",
      GEOIP_DATABASE: "/var/lib/GeoIP/GeoLite2-Country.mmdb",
      BOT_NETWORKS: "/etc/footfall/data-centres.txt",
      SPOOL_PATH: "/var/spool/footfall.db",
      SPOOL_MAX_MB: "50",
      RATE_LIMIT_ADDRESS: "5",
      RATE_LIMIT_SITE: "0",
      RETENTION_DAYS: "7",
      CRONS: "off",
      CANARY: "on",
      LOG_LEVEL: "debug",
      TRACKER_PATHS: "/js/app.js, /a.js",
      COLLECT_PATHS: "/api/ping",
    },
    {
      port: 0,
      host: "::1",
      database: POSTGRES,
      databaseDriver: "deno-postgres",
      poolSize: 12,
      adminToken: TOKEN,
      openRegistration: true,
      trustProxy: 2,
      basePath: "/stats",
      ipMode: "none",
      countryHeader: "cf-ipcountry",
      geoipDatabase: "/var/lib/GeoIP/GeoLite2-Country.mmdb",
      botNetworks: "/etc/footfall/data-centres.txt",
      spoolPath: "/var/spool/footfall.db",
      spoolRequired: true,
      spoolBytes: 50_000_000,
      rateLimits: { perAddress: 5, perSite: 0 },
      retentionDays: 7,
      crons: false,
      canary: true,
      logLevel: "debug",
      trackerPaths: ["/js/app.js", "/a.js"],
      collectPaths: ["/api/ping"],
    },
  ],
  [
    "the server in parts stands in for DATABASE_URL",
    "start",
    {
      PGHOST: "db",
      PGPORT: "6432",
      PGUSER: "app",
      PGPASSWORD: "p w",
      PGDATABASE: "footfall",
      ADMIN_TOKEN: TOKEN,
    },
    {
      ...DEFAULTS,
      host: "0.0.0.0",
      database: { host: "db", port: 6432, user: "app", password: "p w", database: "footfall" },
      adminToken: TOKEN,
      openRegistration: false,
    },
  ],
  ["a host alone is enough, as for psql", "start", { PGHOST: "db", PGUSER: "app", ADMIN_TOKEN: TOKEN }, {
    ...DEFAULTS,
    host: "0.0.0.0",
    database: { host: "db", port: 5432, user: "app", password: undefined, database: "app" },
    adminToken: TOKEN,
    openRegistration: false,
  }],
  [
    "DATABASE_URL wins over the parts",
    "start",
    { DATABASE_URL: POSTGRES, PGHOST: "elsewhere", ADMIN_TOKEN: TOKEN },
    { ...DEFAULTS, host: "0.0.0.0", database: POSTGRES, adminToken: TOKEN, openRegistration: false },
  ],
  [
    "an empty variable counts as unset",
    "dev",
    { PORT: "", HOST: "", DATABASE_URL: "", ADMIN_TOKEN: "", OPEN_REGISTRATION: "", SPOOL_PATH: "" },
    {
      ...DEFAULTS,
      host: "127.0.0.1",
      database: "pglite:.data/pg",
      adminToken: undefined,
      openRegistration: true,
    },
  ],
  [
    "off switches the spool off; dev may be closed, and its database in memory",
    "dev",
    { SPOOL_PATH: "off", OPEN_REGISTRATION: "false", DATABASE_URL: "pglite:memory" },
    {
      ...DEFAULTS,
      host: "127.0.0.1",
      database: "pglite:memory",
      adminToken: undefined,
      openRegistration: false,
      spoolPath: undefined,
    },
  ],
  [
    "Deno Deploy has no disk to spool on; its production runs the crons",
    "start",
    { DENO_DEPLOY: "true", DENO_TIMELINE: "production", DATABASE_URL: POSTGRES, ADMIN_TOKEN: TOKEN },
    {
      ...DEFAULTS,
      host: "0.0.0.0",
      database: POSTGRES,
      adminToken: TOKEN,
      openRegistration: false,
      spoolPath: undefined,
    },
  ],
  [
    "a preview or branch on Deno Deploy leaves the crons to production",
    "start",
    { DENO_DEPLOY: "true", DENO_TIMELINE: "git-branch/new-look", DATABASE_URL: POSTGRES, ADMIN_TOKEN: TOKEN },
    {
      ...DEFAULTS,
      host: "0.0.0.0",
      database: POSTGRES,
      adminToken: TOKEN,
      openRegistration: false,
      spoolPath: undefined,
      crons: false,
    },
  ],
  [
    "what is set wins over what the host suggests",
    "start",
    {
      DENO_DEPLOY: "true",
      DENO_TIMELINE: "preview/4f2a",
      CRONS: "on",
      SPOOL_PATH: "/mnt/spool.db",
      DATABASE_URL: POSTGRES,
      ADMIN_TOKEN: TOKEN,
    },
    {
      ...DEFAULTS,
      host: "0.0.0.0",
      database: POSTGRES,
      adminToken: TOKEN,
      openRegistration: false,
      spoolPath: "/mnt/spool.db",
      spoolRequired: true,
    },
  ],
  ["variables of other programs do not matter", "dev", { PATH: "/bin", port: "x", toString: "x" }, {
    ...DEFAULTS,
    host: "127.0.0.1",
    database: "pglite:.data/pg",
    adminToken: undefined,
    openRegistration: true,
  }],
];

for (const [title, mode, env, expected] of READ) {
  Deno.test(`settings: ${title}`, () => {
    assertEquals(readConfig(mode, env), expected);
  });
}

Deno.test("settings: URLs that pg reads as they are meant are accepted, with what must not be shown of them", () => {
  const cases: [url: string, secrets: string[]][] = [
    ["postgres://app:p%40ss%23word@db:5432/t", ["p%40ss%23word", "p@ss#word"]],
    ["postgres://app:p@ssword@db/t", ["p@ssword", "p@ssword"]],
    ["postgres://app:pa[ss]word@db/t", ["pa[ss]word", "pa[ss]word"]],
    ["postgres://app:password@[2001:db8::1]:5432/t?sslmode=require", ["password", "password"]],
    ["postgres://app:password@%2Frun%2Fpostgresql/t", ["password", "password"]],
    ["postgres://app:password@/t?host=/run/postgresql", ["password", "password"]],
    ["postgres:///t?host=/run/postgresql&user=me@server&password=password", ["password"]],
    ["postgres://db/t?options=-c%20search_path%3Dstats", []],
    // No secret: it is in many lines.
    ["postgres://postgres:postgres@db/t", []],
  ];
  for (const [url, secrets] of cases) {
    const config = readConfig("start", { DATABASE_URL: url, ADMIN_TOKEN: TOKEN });
    assertEquals([config.database, secretsOf(config)], [url, [TOKEN, ...secrets]]);
  }
  const parts = { PGHOST: "db", PGUSER: "app", PGPASSWORD: "pass word", ADMIN_TOKEN: TOKEN };
  assertEquals(secretsOf(readConfig("start", parts)), [TOKEN, "pass word"]);
});

Deno.test("settings: an IPv6 address may stand in brackets", () => {
  assertEquals(["[::1]", "::1", "[::]"].map((HOST) => readConfig("dev", { HOST }).host), [
    "::1",
    "::1",
    "::",
  ]);
});
