/** `deno task footfall COMMAND …`: everything that whoever runs Footfall does on a command line. */
import { readConfig } from "../config.ts";
import { printError } from "../log.ts";
import { VERSION } from "../version.ts";
import { parseArguments, suggest, UsageError } from "./arguments.ts";
import { isExpected } from "./command.ts";
import { backup, restore } from "./backup.ts";
import { doctor } from "./doctor.ts";
import { erase } from "./erase.ts";
import { etl } from "./etl.ts";
import { exportRows } from "./export.ts";
import { retention } from "./retention.ts";
import { retryFailed } from "./retry_failed.ts";
import { rollup } from "./rollup.ts";
import { site } from "./site.ts";
import { status } from "./status.ts";
import { Interrupted, type Subcommand } from "./subcommand.ts";
import { printLine, ReaderGone } from "./terminal.ts";

const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map(Object.entries({
  status,
  doctor,
  site,
  etl,
  rollup,
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

// As a shell says it of a program that Ctrl-C has ended.
const INTERRUPTED = 130;
// What runs in the database is rolled back when we are gone.
const GRACE_MS = 2_000;

const SQLSTATE = /^[0-9A-Z]{5}$/;
const UNDEFINED_FUNCTION = "42883";

/** Runs what `args` say; answers the exit code. */
async function runFootfall(args: readonly string[]): Promise<number> {
  const interrupted = new AbortController();
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const interrupt = () => {
    if (interrupted.signal.aborted) Deno.exit(INTERRUPTED);
    interrupted.abort();
    waiting = setTimeout(() => {
      printError("footfall: Interrupted");
      Deno.exit(INTERRUPTED);
    }, GRACE_MS);
  };
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    return await dispatch(args, interrupted.signal);
  } catch (error) {
    if (error instanceof ReaderGone) return 0;
    if (error instanceof UsageError) {
      printError(`footfall: ${error.message}; see: deno task footfall help${nameOf(args)}`);
      return 2;
    }
    if (error instanceof Interrupted || interrupted.signal.aborted) {
      printError(`footfall: ${error instanceof Interrupted ? error.message : "Interrupted"}`);
      return INTERRUPTED;
    }
    if (!(error instanceof Error)) throw error;
    printError(`footfall: ${messageOf(error)}`);
    return 1;
  } finally {
    clearTimeout(waiting);
    Deno.removeSignalListener("SIGINT", interrupt);
  }
}

/** In one line, but for a mistake of ours. */
function messageOf(error: Error): string {
  const code = (error as { code?: unknown }).code;
  // Functions come with db:migrate; a new version that nobody has applied yet lacks some.
  if (code === UNDEFINED_FUNCTION) {
    return `${error.message}: apply this version's procedures: deno task db:migrate`;
  }
  if (typeof code === "string" && SQLSTATE.test(code)) return error.message;
  return isExpected(error) ? error.message : error.stack ?? error.message;
}

async function dispatch([name, ...rest]: readonly string[], interrupted: AbortSignal): Promise<number> {
  if (name === undefined) {
    printError(HELP);
    return 2;
  }
  if (name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) {
    await printLine(HELP);
    return 0;
  }
  if (name === "--version") {
    await printLine(VERSION);
    return 0;
  }
  if (name === "help") {
    const subcommand = find(rest[0]!);
    if (rest.length > 1) throw new UsageError(`"${rest[1]}" is too much`);
    await printLine(subcommand.help);
    return 0;
  }
  const subcommand = find(name);
  const args = parseArguments(rest, subcommand.options, subcommand.words);
  if (args.flag("help")) {
    await printLine(subcommand.help);
    return 0;
  }
  // All that is wrong with the settings is told before anything is begun.
  readConfig("task");
  return await subcommand.run(args, interrupted) ?? 0;
}

function find(name: string): Subcommand {
  const subcommand = SUBCOMMANDS.get(name);
  if (subcommand) return subcommand;
  throw new UsageError(`"${name}" is no command${suggest(name, [...SUBCOMMANDS.keys()])}`);
}

function nameOf([name]: readonly string[]): string {
  return name !== undefined && SUBCOMMANDS.has(name) ? ` ${name}` : "";
}

Deno.exit(await runFootfall(Deno.args));
