/**
 * A request on its way takes less than this, so a larger difference between the client's `sentAt` and our clock is the
 * client's clock. Smaller ones are left alone: correcting them by a varying latency would shuffle events that are close.
 */
const LONGEST_JOURNEY_MS = 10_000;

// With its zone: a time without one would be read in the server's own.
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/** The moment that an ISO 8601 text means, from 1970 to 9999; undefined where it is none. */
export function parseTime(text: string): Date | undefined {
  const date = new Date(ISO_TIME.test(text) ? text : NaN);
  return date.getTime() >= 0 && date.getUTCFullYear() <= 9999 ? date : undefined;
}

/** By how many milliseconds the client's clock must be set forward (or back, if negative); 0 where it is right. */
export function clockSkew(sentAt: Date | undefined, receivedAt: Date): number {
  if (!sentAt) return 0;
  const skew = receivedAt.getTime() - sentAt.getTime();
  return Math.abs(skew) > LONGEST_JOURNEY_MS ? skew : 0;
}

/** When an event happened, by our clock. What has no time, or one in the future or before 1970, happens now. */
export function eventTime(timestamp: Date | undefined, skew: number, receivedAt: Date): Date {
  if (!timestamp) return receivedAt;
  const time = timestamp.getTime() + skew;
  const isPossible = time >= 0 && time <= receivedAt.getTime() + LONGEST_JOURNEY_MS;
  return isPossible ? new Date(time) : receivedAt;
}
