import { DataError, type Queryable } from "./database.ts";

/** Cities for abbreviations that people know; where several zones share one, that of most people. */
const CITIES: Readonly<Record<string, string>> = {
  AEDT: "Australia/Sydney",
  AEST: "Australia/Sydney",
  BRT: "America/Sao_Paulo",
  BST: "Europe/London",
  CDT: "America/Chicago",
  CEST: "Europe/Paris",
  CET: "Europe/Paris",
  CST: "America/Chicago",
  EAT: "Africa/Nairobi",
  EDT: "America/New_York",
  EEST: "Europe/Athens",
  EET: "Europe/Athens",
  EST: "America/New_York",
  HKT: "Asia/Hong_Kong",
  HST: "Pacific/Honolulu",
  IST: "Asia/Kolkata",
  JST: "Asia/Tokyo",
  KST: "Asia/Seoul",
  MDT: "America/Denver",
  MET: "Europe/Paris",
  MSK: "Europe/Moscow",
  MST: "America/Denver",
  NZDT: "Pacific/Auckland",
  NZST: "Pacific/Auckland",
  PDT: "America/Los_Angeles",
  PST: "America/Los_Angeles",
  SGT: "Asia/Singapore",
  WEST: "Europe/Lisbon",
  WET: "Europe/Lisbon",
};

/** Those that mean the same to Postgres whether they are read as an abbreviation or as a name. */
const UNIVERSAL = ["UTC", "GMT"];

/**
 * Requires a name that Postgres, `Intl` and `Temporal` understand alike. To Postgres an abbreviation is a fixed distance from UTC, so `CET`
 * has no summer time there, and `IST` is Israel's; and any text with a digit is a zone: `Berlin3` is three hours west of Greenwich.
 *
 * @throws {DataError} That says what would be right
 */
export async function requireTimeZone(db: Queryable, name: string): Promise<void> {
  const city = CITIES[name.toUpperCase()];
  if (city !== undefined) {
    throw new DataError(`timezone ${name} is an abbreviation; give a name such as ${city}`, "22023");
  }
  if (!UNIVERSAL.includes(name.toUpperCase()) && !(isKnownHere(name) && await isKnownToPostgres(db, name))) {
    throw new DataError(`timezone ${name} is unknown; give a name such as Europe/Berlin`, "22023");
  }
}

function isKnownHere(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    Temporal.Now.zonedDateTimeISO(name);
    return /^[a-z]/i.test(name);
  } catch {
    return false;
  }
}

async function isKnownToPostgres(db: Queryable, name: string): Promise<boolean> {
  const [known] = await db.query(
    `select from pg_timezone_names
     where lower(name) = lower($1) and not exists (select from pg_timezone_abbrevs where abbrev = upper($1))`,
    [name],
  );
  return known !== undefined;
}
