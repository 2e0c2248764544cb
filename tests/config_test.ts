import { assertEquals, assertThrows } from "@std/assert";
import { type Config, ConfigError, type Mode, readConfig } from "../config.ts";

const POSTGRES = "postgres://app:pw@db.example.com:5433/footfall";
const TOKEN = "0123456789abcdef";

// The contract's table of settings.
const DEFAULTS: Omit<Config, "database" | "host" | "adminToken" | "openRegistration"> = {
  port: 8000,
  databaseDriver: "pg",
  poolSize: 4,
  trustProxy: 0,
  ipMode: "truncate",
  countryHeader: undefined,
  geoipDatabase: undefined,
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
      IP_MODE: "none",
      COUNTRY_HEADER: "cf-ipcountry",
      GEOIP_DATABASE: "/var/lib/GeoIP/GeoLite2-Country.mmdb",
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
      ipMode: "none",
      countryHeader: "cf-ipcountry",
      geoipDatabase: "/var/lib/GeoIP/GeoLite2-Country.mmdb",
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

const PORT_MAY_BE = "a whole number from 0 to 65535";

const REFUSED: [string, Mode, Record<string, string>, string[]][] = [
  ["start names all that it lacks at once", "start", {}, [
    "DATABASE_URL is not set, but production needs a Postgres: postgres://USER:PASSWORD@HOST:PORT/DATABASE",
    "ADMIN_TOKEN is not set, but must be 8 or more characters without blanks",
  ]],
  ["start refuses an embedded database", "start", { DATABASE_URL: "pglite:.data/pg", ADMIN_TOKEN: TOKEN }, [
    "DATABASE_URL names an embedded database, but production needs a Postgres: postgres://USER:PASSWORD@HOST:PORT/DATABASE",
  ]],
  [
    "every wrong variable is named, with what it was and what it may be",
    "start",
    {
      PORT: "65536",
      PGPORT: "0",
      DATABASE_DRIVER: "postgres",
      DATABASE_POOL_SIZE: "0",
      OPEN_REGISTRATION: "yes",
      TRUST_PROXY: "-1",
      IP_MODE: "Full",
      COUNTRY_HEADER: "cf-ipcountry: DE",
      CRONS: "true",
      RETENTION_DAYS: "1.5",
      LOG_LEVEL: "verbose",
      DATABASE_URL: POSTGRES,
    },
    [
      `PORT is "65536", but may be ${PORT_MAY_BE}`,
      'PGPORT is "0", but may be a whole number from 1 to 65535',
      'DATABASE_DRIVER is "postgres", but may be pg or deno-postgres',
      'DATABASE_POOL_SIZE is "0", but may be a whole number from 1 to 1000',
      'OPEN_REGISTRATION is "yes", but may be true or false',
      'TRUST_PROXY is "-1", but may be the number of proxies in front, 0 to 32',
      'IP_MODE is "Full", but may be full, truncate or none',
      'COUNTRY_HEADER is "cf-ipcountry: DE", but may be the name of the header in which your platform tells the country, such as cf-ipcountry',
      'CRONS is "true", but may be on or off',
      'RETENTION_DAYS is "1.5", but may be a whole number of days from 1 to 36500',
      'LOG_LEVEL is "verbose", but may be debug, info, warn, error',
      "ADMIN_TOKEN is not set, but must be 8 or more characters without blanks",
    ],
  ],
  [
    "a wrong secret is named, its value is not",
    "start",
    { DATABASE_URL: "mysql://app:hunter2@db/x", ADMIN_TOKEN: "hunter2" },
    [
      "DATABASE_URL is not valid, but may be postgres://USER:PASSWORD@HOST:PORT/DATABASE, pglite:DIR or pglite:memory",
      "ADMIN_TOKEN is not valid, but may be 8 or more characters without blanks",
    ],
  ],
  ["a token with a blank could not be sent", "dev", { ADMIN_TOKEN: "correct horse" }, [
    "ADMIN_TOKEN is not valid, but may be 8 or more characters without blanks",
  ]],
  ...["1e3", "0x10", " 80", "８０", "-0", "99999999999999999999"].map((port): typeof REFUSED[number] => [
    `a port is no ${JSON.stringify(port)}`,
    "dev",
    { PORT: port },
    [`PORT is ${JSON.stringify(port)}, but may be ${PORT_MAY_BE}`],
  ]),
  ...["/collect", "/demo/x", "/dashboard", "/share/a", "/assets/a.js", "/api/v1/keys"].map((
    path,
  ): typeof REFUSED[number] => [
    `${path} has a meaning already`,
    "dev",
    { TRACKER_PATHS: `/js/app.js,${path}` },
    [
      `TRACKER_PATHS is "/js/app.js,${path}", but may be paths of your own, separated by commas, ` +
      "such as /js/app.js,/a.js",
    ],
  ]),
  ["a value cannot forge a line of the error", "dev", { IP_MODE: "x\nPORT is fine" }, [
    'IP_MODE is "x\\nPORT is fine", but may be full, truncate or none',
  ]],
];

for (const [title, mode, env, expected] of REFUSED) {
  Deno.test(`settings: ${title}`, () => {
    const error = assertThrows(() => readConfig(mode, env), ConfigError);

    assertEquals(error.problems, expected);
    assertEquals(
      error.message,
      ["Cannot read the settings:", ...expected.map((line) => `  ${line}`)].join("\n"),
    );
  });
}
