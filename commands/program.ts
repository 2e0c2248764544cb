import { readConfig } from "../config.ts";
import { printError } from "../log.ts";
import { parseArguments, UsageError } from "./arguments.ts";
import { isExpected } from "./command.ts";
import { Interrupted, type Subcommand } from "./subcommand.ts";
import { printLine, ReaderGone } from "./terminal.ts";

// As a shell says it of a program that Ctrl-C has ended.
const INTERRUPTED = 130;
// What runs in the database is rolled back when we are gone.
const GRACE_MS = 2_000;

const SQLSTATE = /^[0-9A-Z]{5}$/;
const UNDEFINED_FUNCTION = "42883";
const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * Does `work` as a program, and ends the process: with what it answers, 0 where that is nothing, 1 where it fails, 2 where it was
 * called wrongly, 130 after Ctrl-C. What went wrong is one line on stderr.
 *
 * @param name stands before it
 * @param help what tells how it is called
 */
export async function runProgram(
  name: string,
  help: string,
  work: (interrupted: AbortSignal) => Promise<number | void>,
): Promise<never> {
  const interrupted = new AbortController();
  Deno.addSignalListener("SIGINT", () => {
    if (interrupted.signal.aborted) Deno.exit(INTERRUPTED);
    interrupted.abort();
    setTimeout(() => {
      printError(`${name}: Interrupted`);
      Deno.exit(INTERRUPTED);
    }, GRACE_MS);
  });
  try {
    Deno.exit(await work(interrupted.signal) ?? 0);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof ReaderGone) Deno.exit(0);
    const isInterrupted = error instanceof Interrupted || interrupted.signal.aborted;
    const isUsage = error instanceof UsageError;
    const message = isUsage ? `${error.message}; see: ${help}` : error instanceof Interrupted
      ? error.message
      // Whatever else failed then, did because of that.
      : isInterrupted
      ? "Interrupted"
      : messageOf(error);
    printError(`${name}: ${message}`);
    Deno.exit(isUsage ? 2 : isInterrupted ? INTERRUPTED : 1);
  }
}

/** Does what the arguments say: its help, or the work. Answers the exit code. */
export async function runSubcommand(
  subcommand: Subcommand,
  args: readonly string[],
  interrupted: AbortSignal,
): Promise<number | void> {
  const parsed = parseArguments(args, subcommand.options, subcommand.words);
  if (parsed.flag("help")) return await printLine(subcommand.help);
  // All that is wrong with the settings is told before anything is begun.
  readConfig("task");
  return await subcommand.run(parsed, interrupted);
}

/** The same subcommand as a task of its own: `deno task site` beside `deno task footfall site`. */
export async function runTask(name: string, subcommand: Subcommand): Promise<never> {
  const help = subcommand.help.replaceAll(`deno task footfall ${name}`, `deno task ${name}`);
  return await runProgram(
    name,
    `deno task ${name} --help`,
    (interrupted) => runSubcommand({ ...subcommand, help }, Deno.args, interrupted),
  );
}

/** In one line, but for a mistake of ours. */
function messageOf(error: Error): string {
  const code = (error as { code?: unknown }).code;
  // Functions come with db:migrate; a new version that nobody has applied yet lacks some.
  if (code === UNDEFINED_FUNCTION) {
    return `${error.message}: apply this version's procedures: deno task db:migrate`;
  }
  if (code === INSUFFICIENT_PRIVILEGE) {
    return `${error.message}: grant it to the user of DATABASE_URL, or connect as the user that migrates`;
  }
  if (typeof code === "string" && SQLSTATE.test(code)) return error.message;
  return isExpected(error) ? error.message : error.stack ?? error.message;
}
