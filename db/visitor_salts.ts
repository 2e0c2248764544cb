import { log } from "../log.ts";
import type { Availability } from "./availability.ts";
import { type Database, DatabaseUnavailable } from "./database.ts";

// Longest time that an event waits for it.
const PATIENCE_MS = 2_000;

/**
 * The day's secret, from `visitor_salts`: made by whichever process needs it first, and the same for all of them.
 * While the database is away a secret of this process stands in, so that nothing stops; the visitors of that time may
 * count twice.
 */
export function dailySalts(db: Database, availability: Availability): (day: string) => Promise<string> {
  const known = new Map<string, string>();
  const standIn = crypto.randomUUID();
  return async (day) => {
    const salt = known.get(day);
    if (salt !== undefined) return salt;
    if (availability.absence) return standIn;
    try {
      const [row] = await db.query<{ salt: string }>(
        // The update changes nothing; it makes the row that is there already come back.
        `insert into visitor_salts (day) values ($1::date)
         on conflict (day) do update set salt = visitor_salts.salt returning salt`,
        [day],
        { timeout: PATIENCE_MS },
      );
      // Yesterday's may still be needed around midnight; older ones must be forgotten.
      for (const other of [...known.keys()].sort().slice(0, -1)) known.delete(other);
      known.set(day, row!.salt);
      return row!.salt;
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      availability.lost(error);
      log.warn("the day's salt cannot be read, a stand-in is used", { day, error });
      return standIn;
    }
  };
}
