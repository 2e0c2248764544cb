const DENIED = "this user may not write there";
const READ_ONLY = "its disk is read-only";
const FULL = "the disk is full";

// By the name of the operating system, or by the number of WASI: what the files under PGlite throw has that only.
const REASONS: Readonly<Record<string, string>> = {
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: READ_ONLY,
  ENOSPC: FULL,
  2: DENIED,
  51: FULL,
  63: DENIED,
  69: READ_ONLY,
};

/** Why a file could not be made or written. */
export function describeFileFailure(error: unknown): string {
  const { code, errno, message } = error as { code?: string; errno?: number; message?: string };
  // Node's errno is the operating system's, and negative.
  const reason = REASONS[code ?? ""] ?? REASONS[errno ?? ""];
  return reason ?? (message || `error ${errno ?? String(error)} of the file system`);
}
