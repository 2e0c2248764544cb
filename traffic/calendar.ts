import { Choices, Random } from "./random.ts";

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

// Visits by the hour of the day, from 0:00 UTC on: a European site with readers overseas.
const BY_HOUR = [
  20,
  15,
  12,
  10,
  11,
  16,
  30,
  52,
  74,
  88,
  92,
  90,
  82,
  86,
  88,
  84,
  80,
  82,
  88,
  96,
  98,
  84,
  58,
  34,
];
// From Sunday on.
const BY_WEEKDAY = [82, 108, 112, 110, 106, 96, 72];
// What the last day has more than the first one.
const GROWTH = 0.25;
const DAILY_NOISE = 0.12;

/** When visits begin: the hours of some days, each with its share of all of them. */
export class Calendar {
  readonly #hours: Choices<number>;

  /** @param until the end of the last hour */
  constructor(seed: unknown, days: number, until: Date) {
    const random = new Random([seed, "days"]);
    const noise = Array.from({ length: days + 1 }, () => 1 + DAILY_NOISE * (2 * random.share() - 1));
    const since = until.getTime() - days * DAY_MS;
    this.#hours = new Choices(Array.from({ length: days * 24 }, (_, i) => {
      const hour = since + i * HOUR_MS;
      const at = new Date(hour);
      const weight = BY_HOUR[at.getUTCHours()]! * BY_WEEKDAY[at.getUTCDay()]!;
      const day = Math.floor(hour / DAY_MS) - Math.floor(since / DAY_MS);
      return [hour, weight * (1 + GROWTH * day / days) * noise[day]!] as const;
    }));
  }

  /** When the visit begins before which there was this share of all events. */
  at(share: number): number {
    return Math.floor(this.#hours.at(share) + this.#hours.within(share) * HOUR_MS);
  }
}
