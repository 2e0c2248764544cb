import { describeFileFailure } from "./file_failure.ts";

/** A directory that this process alone has open. */
export interface DirectoryLock {
  /** Its absolute path. */
  readonly directory: string;
  release(): void;
}

/**
 * Locks `DIRECTORY.lock`, beside the directory, and writes the pid of this process into it. The lock is the
 * operating system's: it ends with the process, however that dies, so that no lock is ever stale, not even
 * where process ids come again.
 *
 * @param directory is made, with its parents, where it is missing
 * @throws {Error} If it is locked already, here or in another process (the message names the pid), or cannot be made
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const refuse = (error: Error): never => {
    throw new Error(
      `Cannot keep a database in ${directory}: ${
        describeFileFailure(error)
      }. Name another folder: DATABASE_URL=pglite:DIR`,
      { cause: error },
    );
  };
  await Deno.mkdir(directory, { recursive: true }).catch(refuse);
  const path = await Deno.realPath(directory);
  const lockPath = `${path}.lock`;
  const file = await Deno.open(lockPath, { read: true, write: true, create: true }).catch(refuse);
  try {
    if (!await file.tryLock(true)) {
      const holder = (await Deno.readTextFile(lockPath)).trim() || "unknown";
      throw new Error(`Cannot open ${path}: process ${holder} has it open (see ${lockPath})`);
    }
    await file.truncate();
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch (error) {
    file.close();
    throw error;
  }
  // The file stays: removing it could take it from under a process that has just opened it.
  return { directory: path, release: () => file.close() };
}
