import { assertEquals } from "@std/assert";
import { checkProject, checkSource } from "./import_rules.ts";

const APART = "routes and etl never import each other";
const DB = "db imports nothing of ours but log.ts and version.ts";
const EVENTS = "events imports nothing of ours but types from db/event_row.ts";
const WEB = "web imports nothing of ours but log.ts and types from db/stats";
const ENV = "the environment is read in config.ts only";
const CRON = "Deno.cron appears in main.ts only";
const SERVE = "Deno.serve appears in main.ts only";
const CONSOLE = "console appears in log.ts only";
const PORTABLE = "what Node runs, too, does not name Deno";
const TESTS = "nobody imports tests but tests and bench";

// [what the case shows, the file, its source, the violations as `line: rule`]
const CASES: [string, string, string, string[]][] = [
  ["routes must not import etl", "routes/a.ts", `import { JOBS } from "../etl/jobs.ts";`, [`1: ${APART}`]],
  ["routes must not import types of etl", "routes/a.ts", `import type { Job } from "../etl/jobs.ts";`, [
    `1: ${APART}`,
  ]],
  ["etl must not import routes", "etl/a.ts", `import { problem } from "../routes/problem.ts";`, [
    `1: ${APART}`,
  ]],
  [
    "routes and etl may import db, log and what is beside them",
    "etl/a.ts",
    `import { log } from "../log.ts";\nimport { x } from "../db/x.ts";\nimport { b } from "./b.ts";`,
    [],
  ],
  ["db must not import events", "db/a.ts", `import { cleanText } from "../events/clean.ts";`, [`1: ${DB}`]],
  ["db must not import config", "db/a.ts", `import type { Config } from "../config.ts";`, [`1: ${DB}`]],
  [
    "db may import log, itself and packages",
    "db/a.ts",
    `import { log } from "../log.ts";\nimport { b } from "./b.ts";\nimport pg from "pg";\nimport { c } from "../db/c.ts";`,
    [],
  ],
  ["events must not import log", "events/a.ts", `import { log } from "../log.ts";`, [`1: ${EVENTS}`]],
  [
    "events must not import another file of db",
    "events/a.ts",
    `import type { Row } from "../db/database.ts";`,
    [
      `1: ${EVENTS}`,
    ],
  ],
  [
    "events must not import values of db/event_row.ts",
    "events/a.ts",
    `import { X } from "../db/event_row.ts";`,
    [
      `1: ${EVENTS}`,
    ],
  ],
  [
    "one value among types of db/event_row.ts is a value",
    "events/a.ts",
    `import { type NewEvent, X } from "../db/event_row.ts";`,
    [`1: ${EVENTS}`],
  ],
  [
    "a default import is a value, even one that is called type",
    "events/a.ts",
    `import type from "../db/event_row.ts";`,
    [`1: ${EVENTS}`],
  ],
  [
    "events may import types of db/event_row.ts, in both spellings",
    "events/a.ts",
    `import type { NewEvent } from "../db/event_row.ts";\nimport { type AgentRow, type EventRow } from "../db/event_row.ts";`,
    [],
  ],
  ["db must not name Deno, so that Node can run it", "db/a.ts", `const text = Deno.readTextFileSync("a");`, [
    `1: ${PORTABLE}`,
  ]],
  ["nor must the app's settings", "config.ts", `export const HOST = globalThis.Deno?.hostname();`, [
    `1: ${PORTABLE}`,
  ]],
  ["the lock of the embedded database may", "db/directory_lock.ts", `const pid = Deno.pid;`, []],
  ["the socket of deno-postgres may", "db/driver_socket.ts", `const connect = Deno.connect;`, []],
  ["web must not import routes", "web/a.ts", `import { x } from "../routes/x.ts";`, [`1: ${WEB}`]],
  [
    "web must not import config from a folder below",
    "web/tracker/a.ts",
    `import { x } from "../../config.ts";`,
    [
      `1: ${WEB}`,
    ],
  ],
  [
    "web may import log and itself",
    "web/tracker/a.ts",
    `import { log } from "../../log.ts";\nimport { b } from "../b.ts";`,
    [],
  ],
  ["the root must not import tests", "system.ts", `import { x } from "./tests/x.ts";`, [`1: ${TESTS}`]],
  ["commands must not import tests", "commands/a.ts", `import { x } from "../tests/x.ts";`, [`1: ${TESTS}`]],
  ["tests import tests", "tests/a.ts", `import { x } from "./x.ts";`, []],
  ["bench may use the tests' servers", "bench/a.ts", `import { x } from "../tests/x.ts";`, []],

  [
    "an import over several lines counts",
    "routes/a.ts",
    `import {\n  a,\n  type B,\n} from "../etl/jobs.ts";`,
    [
      `1: ${APART}`,
    ],
  ],
  ["an import in single quotes counts", "routes/a.ts", `import { a } from '../etl/jobs.ts'`, [`1: ${APART}`]],
  ["an import for its effect counts", "routes/a.ts", `\nimport "../etl/jobs.ts";`, [`2: ${APART}`]],
  ["a namespace counts", "routes/a.ts", `import * as jobs from "../etl/jobs.ts";`, [`1: ${APART}`]],
  ["a dynamic import counts", "routes/a.ts", `const a = await import("../etl/jobs.ts");`, [`1: ${APART}`]],
  ["an import of a type in place counts", "routes/a.ts", `let a: import("../etl/jobs.ts").Job;`, [
    `1: ${APART}`,
  ]],
  ["a re-export counts", "routes/a.ts", `export { a } from "../etl/jobs.ts";\nexport * from "../etl/b.ts";`, [
    `1: ${APART}`,
    `2: ${APART}`,
  ]],
  ["a path with detours counts", "routes/a.ts", `import { a } from "./../routes/../etl/jobs.ts";`, [
    `1: ${APART}`,
  ]],
  ["an import in a comment does not count", "routes/a.ts", `// import { a } from "../etl/jobs.ts";`, []],
  [
    "an import in a block comment does not count",
    "routes/a.ts",
    `/*\nimport { a } from "../etl/jobs.ts";\n*/`,
    [],
  ],
  [
    "an import in a string does not count",
    "routes/a.ts",
    `const a = 'import { a } from "../etl/jobs.ts"';`,
    [],
  ],
  [
    "an import in a template does not count, code in its holes does",
    "routes/a.ts",
    "const a = `import { a } from '../etl/jobs.ts' ${`Deno.env ${Deno.env.get('A')}`} Deno.env`;\nDeno.env;",
    [`1: ${ENV}`, `2: ${ENV}`],
  ],
  [
    "quotes in a regular expression open no string",
    "routes/a.ts",
    `const a = /["'\`/*]/.test(b) ? 1 / 2 : 3 / 4;\nimport { x } from "../etl/x.ts"; // it's`,
    [`2: ${APART}`],
  ],
  [
    "an export that imports nothing does not count",
    "routes/a.ts",
    `export const from = "../etl/jobs.ts";`,
    [],
  ],

  ["Deno.env outside config.ts", "routes/a.ts", `const a = Deno.env.get("A");`, [`1: ${ENV}`]],
  ["Deno.env over two lines", "db/a.ts", `const a = Deno\n  .env.toObject();`, [`1: ${ENV}`]],
  ["process.env outside config.ts", "commands/a.ts", `const a = process.env.A;`, [`1: ${ENV}`]],
  ["env taken out of Deno", "db/a.ts", `const { env } = Deno;`, [`1: ${ENV}`]],
  ["process.env in config.ts", "config.ts", `const a = { ...process.env };`, []],
  ["Deno.env in tests and bench", "bench/a.ts", `Deno.env.get("A");`, []],
  ["Deno.env in a comment or a string", "db/a.ts", `// Deno.env\nconst a = "Deno.env";`, []],
  ["Deno.environment is something else", "commands/a.ts", `Deno.environment; myDeno.env;`, []],
  ["Deno.cron outside main.ts", "etl/jobs.ts", `Deno.cron("a", "* * * * *", () => {});`, [`1: ${CRON}`]],
  ["Deno.serve outside main.ts", "routes/app.ts", `Deno.serve(app.fetch);`, [`1: ${SERVE}`]],
  ["Deno.cron and Deno.serve in main.ts", "main.ts", `Deno.cron("a", "b", c);\nDeno.serve(d);`, []],
  ["Deno.serve in tests", "tests/a.ts", `Deno.serve(d);`, []],
  ["console outside log.ts", "db/a.ts", `\n\nconsole.log(1);`, [`3: ${CONSOLE}`]],
  ["console in tests", "tests/a.ts", `console.error(1);`, [`1: ${CONSOLE}`]],
  ["console in log.ts", "log.ts", `console.log(1);`, []],

  ["a file of 300 lines", "db/a.ts", "a;\n".repeat(300), []],
  ["a file of 301 lines", "db/a.ts", "a;\n".repeat(301), [
    "301: a file has at most 300 lines, this one has 301",
  ]],
  ["SQL of 301 lines", "etl/procedures/a.sql", "-- it's\n".repeat(301), [
    "301: a file has at most 300 lines, this one has 301",
  ]],
  ["a test of 301 lines", "tests/a_test.ts", "a;\n".repeat(301), [
    "301: a file has at most 300 lines, this one has 301",
  ]],
];

for (const [title, file, source, expected] of CASES) {
  Deno.test(`import rules: ${title}`, () => {
    const found = checkSource(file, source);

    assertEquals(found.map(({ line, rule }) => `${line}: ${rule}`), expected);
    assertEquals(found.map((violation) => violation.file), expected.map(() => file));
  });
}

Deno.test("import rules: the project keeps to them", async () => {
  assertEquals(await checkProject(new URL("../", import.meta.url)), []);
});
