import { CommandError } from "./command.ts";

/** Whoever read what we print has gone, as `head` does: no failure, but no reason to go on. */
export class ReaderGone extends Error {
  override name = "ReaderGone";
}

/** Writes text to stdout, all of it, as fast as it is read. @throws {ReaderGone} If nobody reads any more */
export async function writeOut(text: string): Promise<void> {
  await writeAll(Deno.stdout, text);
}

/** Writes a line to stdout. @throws {ReaderGone} */
export async function printLine(text: string): Promise<void> {
  await writeOut(`${text}\n`);
}

/** Prints what scripts read. @throws {ReaderGone} */
export async function printJson(value: unknown): Promise<void> {
  await printLine(JSON.stringify(value, null, 2));
}

/** A text file that has its name only once it is complete. */
export class OutputFile implements AsyncDisposable {
  readonly #part: string;
  readonly #file: Deno.FsFile;
  #done = false;

  private constructor(readonly path: string, part: string, file: Deno.FsFile) {
    this.#part = part;
    this.#file = file;
  }

  /** @throws {CommandError} If it cannot be made */
  static async create(path: string): Promise<OutputFile> {
    const part = `${path}.part`;
    try {
      // It may hold what visitors have typed into forms.
      return new OutputFile(
        path,
        part,
        await Deno.open(part, { write: true, create: true, truncate: true, mode: 0o600 }),
      );
    } catch (error) {
      throw new CommandError(`Cannot write ${path}: ${(error as Error).message}`);
    }
  }

  async write(content: string | Uint8Array): Promise<void> {
    await writeAll(this.#file, content);
  }

  async finish(): Promise<void> {
    await this.#file.sync();
    await Deno.rename(this.#part, this.path);
    this.#done = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file.close();
    if (!this.#done) await Deno.remove(this.#part).catch(() => {});
  }
}

/**
 * Asks on the terminal, on stderr, since stdout may be a file.
 *
 * @throws {CommandError} If nobody is there to answer
 */
export async function confirm(question: string): Promise<boolean> {
  requireTerminal();
  await writeAll(Deno.stderr, `${question} [y/N] `);
  const answer = new Uint8Array(100);
  const length = await Deno.stdin.read(answer) ?? 0;
  return /^y(es)?\s*$/i.test(new TextDecoder().decode(answer.subarray(0, length)));
}

/** @throws {CommandError} If nobody is there to answer a question */
export function requireTerminal(): void {
  if (Deno.stdin.isTerminal()) return;
  throw new CommandError("Cannot ask whether to go on, as there is no terminal: say so with --yes");
}

/** The text in a colour of the terminal (ECMA-48), where stdout is one and NO_COLOR is not set. */
export function coloured(text: string, colour: "green" | "yellow" | "red"): string {
  if (Deno.noColor || !Deno.stdout.isTerminal()) return text;
  return `\x1b[${{ green: 32, yellow: 33, red: 31 }[colour]}m${text}\x1b[0m`;
}

async function writeAll(
  to: { write(bytes: Uint8Array): Promise<number> },
  content: string | Uint8Array,
): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  try {
    for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) {
      throw new ReaderGone("Nobody reads the output", { cause: error });
    }
    if (error instanceof Error && /os error 28|ENOSPC/.test(error.message)) {
      throw new CommandError(`Cannot write: the disk is full (${error.message})`);
    }
    throw error;
  }
}
