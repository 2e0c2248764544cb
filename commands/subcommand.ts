import type { Arguments, OptionKind } from "./arguments.ts";

/** One word after `footfall`. */
export interface Subcommand {
  /** For the list of all of them. */
  summary: string;
  /** What `--help` answers. */
  help: string;
  options: Readonly<Record<string, OptionKind>>;
  /** How many words may follow beside the options; none. */
  words?: number;
  /**
   * @param interrupted aborts on Ctrl-C: stop where it does no harm
   * @returns the exit code; 0 where it answers none
   */
  run(args: Arguments, interrupted: AbortSignal): Promise<number | void>;
}

/** The user has pressed Ctrl-C. */
export class Interrupted extends Error {
  override name = "Interrupted";
}
