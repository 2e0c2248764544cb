import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError, type Mode, readConfig } from "../config.ts";

const POSTGRES = "postgres://app:pw@db.example.com:5433/footfall";
const TOKEN = "0123456789abcdef";
const PORT_MAY_BE = "a whole number from 0 to 65535";

const REFUSED: [string, Mode, Record<string, string>, string[]][] = [
  ...["stats", "/..", "/a/./b", "/a//b", "/a b", "/a?b", "/a%2fb", "/dashboard", "/api/v1", "/a\r\nb", "/a\n"]
    .map((
      path,
    ): [string, Mode, Record<string, string>, string[]] => [
      `${JSON.stringify(path)} is no base path`,
      "dev",
      { BASE_PATH: path },
      [
        `BASE_PATH is ${
          JSON.stringify(path)
        }, but may be the path under which a proxy serves it, such as /stats, ` +
        "and not one of Footfall's own, such as /dashboard",
      ],
    ]),
  [
    "more paths are named without the base path",
    "dev",
    { BASE_PATH: "/stats", TRACKER_PATHS: "/a.js", COLLECT_PATHS: "/b,/stats/e" },
    ["COLLECT_PATHS has /stats/e, but may not begin with BASE_PATH, under which all paths are served"],
  ],
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
      BASE_PATH: "//evil.example",
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
      'BASE_PATH is "//evil.example", but may be the path under which a proxy serves it, such as /stats, and not one of Footfall\'s own, such as /dashboard',
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
  ...[
    "postgres://app1:S3cr3t#@db/t",
    "postgres://app1:S3cr3t?@db/t",
    "postgres://app1:S3cr3t/x@db/t",
    "postgres://app1:100%@db/t",
    "postgres://app1:S3cr3t x@db/t",
    "postgres://app1:slfkj[oer?[$dkks}owow@db/t",
    "postgres://app1:foo*&%^#bar@db/t",
    "postgres://app1:100%zz@db/t",
    // The bytes are no UTF-8.
    "postgres://app1:%ff@db/t",
    // These would lead to a host that is called as the user.
    "postgres://app1:12/x@db/t",
    "postgres://app1:12?x@db/t",
    "postgres://app1:12?a=b@db/t",
    "postgres://app1:12#x@db/t",
    "postgres://app1:S3cr3t",
  ].map((url): typeof REFUSED[number] => [
    `${url} has a password that is not percent-encoded, and is not shown`,
    "start",
    { DATABASE_URL: url, ADMIN_TOKEN: TOKEN },
    [
      "DATABASE_URL is not valid: percent-encode the user and the password (# is %23, / is %2F, ? is %3F, @ is %40, % is %25, a blank is %20), " +
      "as in postgres://USER:PASSWORD@HOST:PORT/DATABASE",
    ],
  ]),
  ["a line end after a secret, as of a file, is no part of it", "task", {
    DATABASE_URL: "postgres://app:hunter2@db/t\n",
    PGHOST: "db\n",
    PGPASSWORD: "hunter2\n",
    PGUSER: "app\n",
    ADMIN_TOKEN: "hunter2hunter2\n",
  }, [
    'PGHOST is "db\\n", but may be a host name, an address, or the folder of a socket',
    'PGUSER is "app\\n", but may be a user name',
    "PGPASSWORD is not valid, but may be a password, without a line end after it",
    "ADMIN_TOKEN is not valid, but may be 8 or more characters without blanks",
    "DATABASE_URL is not valid: leave out the blank or the line end after it, as in postgres://USER:PASSWORD@HOST:PORT/DATABASE",
  ]],
  ["a port that is none is not the password's fault", "task", { DATABASE_URL: "postgres://u:pw@h:99999/d" }, [
    "DATABASE_URL is not valid: its port must be a number from 1 to 65535, as in postgres://USER:PASSWORD@HOST:PORT/DATABASE",
  ]],
  ["a list of hosts is none of ours", "task", { DATABASE_URL: "postgres://u:pw@a:1,b:2/d" }, [
    "DATABASE_URL is not valid: name one host: this release knows no list of them, as in postgres://USER:PASSWORD@HOST:PORT/DATABASE",
  ]],
  [
    "a URL in another setting is not shown, as it may have a password",
    "task",
    {
      HOST: "postgres://app:hunter2@db/x",
      PGHOST: "postgres://app:hunter2@db/x",
      PGDATABASE: "postgres://app:hunter2@db/x",
      SPOOL_MAX_MB: "postgres://app:hunter2@db/x",
    },
    [
      "HOST is not valid, but may be an address to listen on, such as 0.0.0.0, 127.0.0.1, :: or ::1",
      "PGHOST is not valid, but may be a host name, an address, or the folder of a socket",
      "PGDATABASE is not valid, but may be a database name; a URL is for DATABASE_URL",
      "SPOOL_MAX_MB is not valid, but may be a whole number of megabytes from 1 to 1000000",
    ],
  ],
  ["an address of a link has no URL to be printed", "dev", { HOST: "fe80::1%eth0" }, [
    'HOST is "fe80::1%eth0", which no URL can name, but may be an address to listen on, such as 0.0.0.0, 127.0.0.1, :: or ::1',
  ]],
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
