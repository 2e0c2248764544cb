import type { Asked } from "./database.ts";

// A batch takes less than a second; a rebuild's slice, too.
const ATTEMPTS = 50;
const WAIT_MS = 100;
// Every row of the sites concerned is read.
const UNHURRIED_MS = 10 * 60_000;

/**
 * Removes the texts of the dictionary that were retired and that no row uses: once no transaction is left that may be about to use them.
 *
 * @returns how many were removed; 0 where some transaction goes on for long: the next call removes them
 */
export async function removeUnusedValues(db: Asked): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [dictionary] = await db.query<{ idle: boolean }>("select is_dictionary_idle() as idle");
    if (dictionary!.idle) {
      const [removed] = await db.query<{ values: number }>(
        "select remove_retired_values() as values",
        [],
        { timeout: UNHURRIED_MS },
      );
      return removed!.values;
    }
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
  return 0;
}
