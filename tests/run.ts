import { statfs } from "node:fs/promises";
import { resolve } from "node:path";
import { readConfig } from "../config.ts";
import { print, printError } from "../log.ts";
import type { Cluster } from "./cluster.ts";
import { startServers } from "./servers.ts";
import { ENVIRONMENT_VARIABLE, type TestEnvironment } from "./test_environment.ts";
import { countTests, formatCounts } from "./test_report.ts";

const INTERRUPTED = 130;
const QUICK = "--quick";
/** How many files import the files of tests. */
const ENTRIES = 8;

/** Required free space of a folder in memory. A whole run uses 1.5 GB. */
const MEMORY_BYTES = 8e9;

/** `--quick` leaves out each file of tests that imports one of these: a browser, a process, a Postgres server. */
const NOT_QUICK = [
  "./browser.ts",
  "./cluster.ts",
  "./command_run.ts",
  "./faulty_system.ts",
  "./footfall_process.ts",
  "./served_process.ts",
  "./tcp_proxy.ts",
];
/** And these, which fill databases with weeks of visits or start many: the others together take less time. */
const SLOW =
  /^(archive|dashboard(_.*)?|database_pglite|embedded_vacuum|erasure|etl_plans|etl_property|fuzz|migrate|retention|stats_.*|traffic|upgrade)_test\.ts$/;

/**
 * `deno task test [--quick] [args…]`: brings up the databases, runs `deno test` with `args`, takes the databases
 * down, and prints on the last line how many tests passed and failed. `--quick` brings up no server and leaves out
 * what needs one. `DATABASE_DRIVER` picks what the tests of a server speak with it through.
 *
 * @returns the exit code
 */
async function runTests(args: string[]): Promise<number> {
  await useMemoryFolder();
  const directory = await Deno.makeTempDir({ prefix: "footfall-test-" });
  // The clusters may belong to another user, who has to pass through.
  await Deno.chmod(directory, 0o755);
  let tests: Deno.ChildProcess | undefined;
  let servers: Cluster[] = [];
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => {
      interrupted = true;
      tests?.kill("SIGTERM");
    });
  }
  try {
    const isQuick = args.includes(QUICK);
    const started = isQuick ? { servers: [], problems: [] } : await startServers(directory);
    servers = started.servers;
    if (interrupted) return INTERRUPTED;
    tests = startTests(await testArguments(args, directory), {
      isQuick,
      servers: servers.map(({ name, url, binaries }) => ({ name, url, binaries })),
      directory,
      driver: readConfig("task", { DATABASE_DRIVER: Deno.env.get("DATABASE_DRIVER") }).databaseDriver,
      config: configOf(args),
    });
    const { success } = await tests.status;
    if (interrupted) return INTERRUPTED;
    for (const problem of started.problems) printError(`not tested on a Postgres: ${problem}`);
    print(`databases: ${(await databaseNames(directory, servers)).join(", ")}`);
    return await summarize(directory, success);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await Deno.remove(directory, { recursive: true });
  }
}

/**
 * Puts temporary folders in memory if there is enough of it. The tests create and truncate thousands of small tables;
 * on five files this saved 16 % of the processor time.
 */
async function useMemoryFolder(): Promise<void> {
  if (Deno.env.has("TMPDIR")) return;
  const folder = await statfs("/dev/shm").catch(() => undefined);
  if (folder !== undefined && folder.bavail * folder.bsize > MEMORY_BYTES) Deno.env.set("TMPDIR", "/dev/shm");
}

/**
 * `args` for `deno test`, with the files of tests where none is named. A few files import them, so that a module is
 * loaded once for many of them, and an embedded database is started once.
 */
async function testArguments(args: string[], directory: string): Promise<string[]> {
  const isQuick = args.includes(QUICK);
  const rest = args.filter((arg) => arg !== QUICK);
  if (rest.some((arg) => arg.endsWith(".ts"))) return rest;
  const files: string[] = [];
  for await (const { name } of Deno.readDir(new URL(".", import.meta.url))) {
    const file = new URL(name, import.meta.url);
    if (name.endsWith("_test.ts") && (!isQuick || await isQuickFile(name, file))) files.push(file.href);
  }
  // More than cores, so that a core that is done early takes another.
  const count = isQuick ? navigator.hardwareConcurrency : ENTRIES;
  const imports = Array.from({ length: count }, (): string[] => []);
  for (const [i, file] of files.sort().entries()) imports[i % count]!.push(`import "${file}";\n`);
  const entries = imports.map((lines, i) => ({
    path: `${directory}/group_${i}_test.ts`,
    text: lines.join(""),
  }));
  await Promise.all(entries.map(({ path, text }) => Deno.writeTextFile(path, text)));
  // `deno task check` looks at the types.
  return ["--no-check", ...rest, ...entries.map(({ path }) => path)];
}

async function isQuickFile(name: string, file: URL): Promise<boolean> {
  if (SLOW.test(name)) return false;
  const source = await Deno.readTextFile(file);
  return !NOT_QUICK.some((imported) => source.includes(`from "${imported}"`));
}

/** `--config FILE` of the arguments, wherever it is used from. */
function configOf(args: string[]): string[] {
  const file = args[args.indexOf("--config") + 1];
  return args.includes("--config") && file !== undefined ? ["--config", resolve(file)] : [];
}

function startTests(args: string[], environment: TestEnvironment): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--parallel",
      // The files' tests share what the first one opens where that saves seconds.
      ...(environment.isQuick ? [] : ["--sanitize-ops", "--sanitize-resources"]),
      `--junit-path=${environment.directory}/junit.xml`,
      ...args,
    ],
    env: { [ENVIRONMENT_VARIABLE]: JSON.stringify(environment) },
    stdin: "null",
  }).spawn();
}

async function databaseNames(directory: string, servers: Cluster[]): Promise<string[]> {
  // Where no test asked for an embedded database, none was made.
  const embedded = await Deno.readTextFile(`${directory}/pglite-version`).catch(() => undefined);
  return [...(embedded === undefined ? [] : [`PGlite (${embedded})`]), ...servers.map(({ name }) => name)];
}

async function summarize(directory: string, success: boolean): Promise<number> {
  const report = await Deno.readTextFile(`${directory}/junit.xml`).catch(() => "");
  const counts = countTests(report);
  // A file that does not compile or load has no test in the report.
  if (!success && counts.failed === 0) counts.failed = 1;
  if (counts.passed + counts.failed === 0) printError("no test ran");
  print(formatCounts(counts));
  return counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}

Deno.exit(await runTests(Deno.args));
