import { resolve } from "node:path";
import { readConfig } from "../config.ts";
import { print, printError } from "../log.ts";
import type { Cluster } from "./cluster.ts";
import { startServers } from "./servers.ts";
import { ENVIRONMENT_VARIABLE, type TestEnvironment } from "./test_database.ts";
import { countTests, formatCounts } from "./test_report.ts";

const INTERRUPTED = 130;

/**
 * `deno task test [args…]`: brings up the databases, runs `deno test` with `args`, takes the databases down,
 * and prints on the last line how many tests passed and failed. `DATABASE_DRIVER` picks what the tests of a
 * server speak with it through.
 *
 * @returns the exit code
 */
async function runTests(args: string[]): Promise<number> {
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
    const started = await startServers(directory);
    servers = started.servers;
    if (interrupted) return INTERRUPTED;
    tests = startTests(args, {
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
      "--sanitize-ops",
      "--sanitize-resources",
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
