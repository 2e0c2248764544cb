const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 20;

/**
 * Asks again until the answer is yes.
 *
 * @param what is waited for, for the error's message
 * @throws {Error} If it does not come true within a minute
 */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(`Waited ${PATIENCE_MS / 1000} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
