import { Audience, type Visitor } from "./audience.ts";
import { Calendar } from "./calendar.ts";
import { risingIds } from "./ids.ts";
import { type Post, postsOf } from "./posts.ts";
import { Random } from "./random.ts";
import { SOURCES, SOURCES_AGAIN } from "./sources.ts";
import { countEvents, cutVisit, LONGEST_VISIT_MS, visitPages } from "./visit.ts";

export interface TrafficOptions {
  siteId: string;
  /** How many: a pageview is one, and each interaction and exit, also in a batch. */
  events: number;
  /** How many days they spread over. */
  days: number;
  seed: number;
  /** How many visitors were there before the first day, and may come again; 0. */
  regulars?: number;
  /** The end of the last day; nothing happens later. */
  until: Date;
}

// Posts that wait to be put in order: visits overlap.
const REORDER = 5_000;

/**
 * The posts of a site's visitors, in the order in which they are sent. The same options give the same posts; with
 * another `until` the times are others and all the rest is the same, ids too.
 */
export function* traffic(options: TrafficOptions): Generator<Post, void> {
  const { siteId, events, days, seed, until } = options;
  const chances = [seed, siteId, events, days];
  const random = new Random(chances);
  const audience = new Audience(random, options.regulars ?? 0);
  const calendar = new Calendar(chances, days, new Date(until.getTime() - LONGEST_VISIT_MS));
  const known = new Set<Visitor>(audience.recent);
  const nextEvent = risingIds(random, 3);
  const nextSession = risingIds(random, 2);
  let waiting: Post[] = [];
  let limit = REORDER;
  for (let count = 0; count < events;) {
    const startedAt = calendar.at((count + random.share()) / events);
    if (waiting.length >= limit) {
      // Later visits post later, but for the jitter of their start: a few events' time.
      const horizon = calendar.at(count / events);
      waiting.sort((a, b) => a.sentAt - b.sentAt);
      const end = waiting.findIndex(({ sentAt }) => sentAt > horizon);
      yield* waiting.splice(0, end === -1 ? waiting.length : end);
      limit = 2 * waiting.length + REORDER;
    }
    const visitor = audience.next();
    const source = random.weighted(known.has(visitor) ? SOURCES_AGAIN : SOURCES);
    known.add(visitor);
    const views = cutVisit(visitPages(random, source), events - count);
    const sessionId = `sess_${nextSession()}`;
    waiting.push(...postsOf(random, { siteId, sessionId, visitor, startedAt }, views, nextEvent));
    count += countEvents(views);
  }
  waiting = waiting.sort((a, b) => a.sentAt - b.sentAt);
  yield* waiting;
}
