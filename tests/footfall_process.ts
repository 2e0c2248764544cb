import { commandIn, type Outcome, runIn } from "./command_run.ts";

const PROGRAM = "commands/footfall.ts";

/** `footfall …`, from the folder `cwd`, ready to be started. */
export function footfallCommand(
  cwd: string,
  args: string[],
  env: Record<string, string>,
  options: Deno.CommandOptions = {},
): Deno.Command {
  return commandIn(cwd, PROGRAM, args, env, options);
}

/** Runs it. */
export function footfall(cwd: string, args: string[], env: Record<string, string>): Promise<Outcome> {
  return runIn(cwd, PROGRAM, args, env);
}
