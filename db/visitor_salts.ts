import { log } from "../log.ts";
import type { Availability } from "./availability.ts";
import { type Database, DatabaseUnavailable } from "./database.ts";

// Longest time that an event waits for it.
const PATIENCE_MS = 2_000;

// A date begins in UTC+14, and ends 50 hours later in UTC-12, where a visit that crosses midnight needs its secret for one more day.
const LIFETIME_MS = (24 + 12 + 24) * 60 * 60_000;

/**
 * The secret of a date, from `visitor_salts`: made by whichever process needs it first, and the same for all of them.
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
      for (const other of known.keys()) {
        if (Date.parse(other) + LIFETIME_MS <= Date.now()) known.delete(other);
      }
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
