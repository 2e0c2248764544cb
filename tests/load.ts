import { pageview } from "./fixtures.ts";
import { until } from "./until.ts";

const CLIENTS = 8;
// Pauses between posts: enough for hundreds of events a second, and few enough to leave the machine to the others.
const PACE_MS = 40;
// The server may ask for seconds; a test has no time for them.
const MOST_RETRY_AFTER_MS = 200;
const RETRY_MS = 50;
// Far longer than any answer may take: what ends here is reported as an answer that took this long.
const PATIENCE_MS = 30_000;
// Every so many posts are an array, are sent twice at the same time, or repeat one from long ago.
const ARRAY_EVERY = 5;
const ARRAY_EVENTS = 8;
const TWICE_EVERY = 7;
const REPEAT_EVERY = 9;

interface Post {
  body: string;
  ids: string[];
}

/** How one request ended. */
interface Ending {
  /** By `performance.now()`. */
  startedAt: number;
  ms: number;
  /** 0 where the connection broke. */
  status: number;
}

/** Visitors who post like our tracker: with an id, and again under the same id until it is acknowledged. */
export class Load implements AsyncDisposable {
  /** The ids of the events that were answered with 202. */
  readonly acknowledged = new Set<string>();
  /** Answers that a client cannot do anything about, and others that should not be. */
  readonly unexpected: string[] = [];
  readonly endings: Ending[] = [];
  /** Events that were answered from the spool, repeats included. */
  spooled = 0;
  /** Requests that were made again after a refusal or a broken connection. */
  retried = 0;
  /** Posts that were sent twice on purpose. */
  repeated = 0;
  readonly #url: () => string;
  readonly #delivered: Post[] = [];
  readonly #aborting = new AbortController();
  readonly #clients: Promise<void>[];
  #posts = 0;
  #stopping = false;

  /** @param url where the app is at the moment */
  constructor(url: () => string) {
    this.#url = url;
    this.#clients = Array.from({ length: CLIENTS }, (_, client) => this.#run(client));
  }

  /** Goes on until so many more events are acknowledged. */
  async acknowledge(events: number): Promise<void> {
    const goal = this.acknowledged.size + events;
    await until(`${goal} events are acknowledged`, () => this.acknowledged.size >= goal);
  }

  /** Goes on until so many more events are answered from the spool. */
  async spool(events: number): Promise<void> {
    const goal = this.spooled + events;
    await until(`${goal} events are spooled`, () => this.spooled >= goal);
  }

  /** Goes on for a time. */
  async last(ms: number): Promise<void> {
    const end = performance.now() + ms;
    await until(`${ms} ms have passed`, () => performance.now() >= end);
  }

  /** Begins no new event, and waits until every one that was begun is acknowledged. */
  async stop(): Promise<void> {
    this.#stopping = true;
    let done = false;
    const clients = Promise.all(this.#clients).finally(() => done = true);
    await until("every event that was sent is acknowledged", () => done);
    await clients;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    this.#aborting.abort();
    await Promise.allSettled(this.#clients);
  }

  async #run(client: number): Promise<void> {
    for (let visit = 0; !this.#stopping; visit++) {
      const number = ++this.#posts;
      const post = newPost(`sess_${client}_${visit % 50}`, number % ARRAY_EVERY === 0 ? ARRAY_EVENTS : 1);
      const again = number % TWICE_EVERY === 0 ? [post] : [];
      const earlier = this.#delivered[Math.floor(this.#delivered.length / 3)];
      if (number % REPEAT_EVERY === 0 && earlier) again.push(earlier);
      this.repeated += again.length;
      await Promise.all([post, ...again].map((each) => this.#deliver(each)));
      this.#delivered.push(post);
      await pause(PACE_MS);
    }
  }

  async #deliver(post: Post): Promise<void> {
    for (let wait = await this.#send(post); wait !== undefined; wait = await this.#send(post)) {
      if (this.#aborting.signal.aborted) return;
      this.retried++;
      await pause(wait);
    }
  }

  /** Answers how long to wait before the same is sent again; undefined when it is acknowledged. */
  async #send(post: Post): Promise<number | undefined> {
    const startedAt = performance.now();
    const end = (status: number) =>
      this.endings.push({ startedAt, ms: performance.now() - startedAt, status });
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), PATIENCE_MS);
    try {
      const response = await fetch(`${this.#url()}/collect`, {
        method: "POST",
        body: post.body,
        signal: AbortSignal.any([timeout.signal, this.#aborting.signal]),
      });
      const answer = await response.json();
      end(response.status);
      if (response.status === 202) return this.#acknowledge(post, answer);
      const retryAfter = response.headers.get("retry-after");
      if (![429, 503].includes(response.status) || retryAfter === null) {
        this.unexpected.push(`${response.status}, Retry-After ${retryAfter}: ${JSON.stringify(answer)}`);
      }
      return Math.min(Number(retryAfter) * 1000, MOST_RETRY_AFTER_MS);
    } catch {
      // The app died, or is not there yet.
      end(0);
      return RETRY_MS;
    } finally {
      clearTimeout(timer);
    }
  }

  #acknowledge({ ids }: Post, answer: { status: string; accepted: number }): undefined {
    if (answer.accepted !== ids.length) {
      this.unexpected.push(`202 for ${answer.accepted} of ${ids.length} events`);
    }
    for (const id of ids) this.acknowledged.add(id);
    if (answer.status === "spooled") this.spooled += ids.length;
  }
}

function newPost(sessionId: string, events: number): Post {
  const ids = Array.from({ length: events }, () => crypto.randomUUID());
  const timestamp = new Date().toISOString();
  const views = ids.map((eventId, place) =>
    pageview({ eventId, sessionId, timestamp, path: `/page/${place}` })
  );
  return { ids, body: JSON.stringify(events === 1 ? views[0] : views) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
