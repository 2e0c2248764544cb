/** `deno task footfall COMMAND …`: everything that whoever runs Footfall does on a command line. */
import { printError } from "../log.ts";
import { VERSION } from "../version.ts";
import { suggest, UsageError } from "./arguments.ts";
import { backup, restore } from "./backup.ts";
import { doctor } from "./doctor.ts";
import { erase } from "./erase.ts";
import { etl } from "./etl.ts";
import { exportRows } from "./export.ts";
import { key } from "./key.ts";
import { runProgram, runSubcommand } from "./program.ts";
import { rebuild } from "./rebuild.ts";
import { retention } from "./retention.ts";
import { retryFailed } from "./retry_failed.ts";
import { rollup } from "./rollup.ts";
import { site } from "./site.ts";
import { sql } from "./sql.ts";
import { status } from "./status.ts";
import type { Subcommand } from "./subcommand.ts";
import { printLine } from "./terminal.ts";

const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map(Object.entries({
  status,
  doctor,
  site,
  key,
  sql,
  etl,
  rollup,
  rebuild,
  export: exportRows,
  erase,
  "retry-failed": retryFailed,
  retention,
  backup,
  restore,
}));

const HELP = [
  "Usage: deno task footfall COMMAND [options]",
  "",
  ...[...SUBCOMMANDS].map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`),
  `  ${"help COMMAND".padEnd(14)}says more about one of them`,
  "",
  "Database and spool are those of the settings (DATABASE_URL, SPOOL_PATH); while deno task dev runs, its own.",
  "Exit codes: 0 done, 1 not done (or a problem found), 2 called wrongly, 130 interrupted.",
].join("\n");

/** Does what the arguments say; answers the exit code. */
async function dispatch(
  [name, ...rest]: readonly string[],
  interrupted: AbortSignal,
): Promise<number | void> {
  if (name === undefined) {
    printError(HELP);
    return 2;
  }
  if (name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) {
    return await printLine(HELP);
  }
  if (name === "--version") return await printLine(VERSION);
  if (name !== "help") return await runSubcommand(find(name), rest, interrupted);
  const { help } = find(rest[0]!);
  if (rest.length > 1) throw new UsageError(`"${rest[1]}" is too much`);
  await printLine(help);
}

function find(name: string): Subcommand {
  const subcommand = SUBCOMMANDS.get(name);
  if (subcommand) return subcommand;
  throw new UsageError(`"${name}" is no command${suggest(name, [...SUBCOMMANDS.keys()])}`);
}

const named = SUBCOMMANDS.has(Deno.args[0] ?? "") ? ` ${Deno.args[0]}` : "";
await runProgram(
  "footfall",
  `deno task footfall help${named}`,
  (interrupted) => dispatch(Deno.args, interrupted),
);
