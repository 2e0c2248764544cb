import { pageview } from "../tests/fixtures.ts";
import { pause } from "./live_load.ts";

/** A site of its own keeps a poll cheap: a batch of the ETL holds events of all sites, so they are all as fresh. */
export const SAMPLE_SITE = "bench-samples";
const SAMPLE_MS = 1_000;
const POLL_MS = 1_000;
const GRACE_MS = 150_000;
const SAMPLES_A_GROUP = 60;

interface Sample {
  path: string;
  acknowledgedAt: number;
}

/** Posts an event every second, each of a page of its own, and asks the stats API until it shows the page. */
export class Freshness {
  /** From the 202 of each sample to the first response of the API that has it, in milliseconds. */
  readonly shownAfter: number[] = [];
  readonly #unseen = new Map<string, Sample>();
  #posted = 0;

  constructor(readonly serverUrl: string, readonly token: string) {}

  /** How many samples the API has not shown. */
  get missing(): number {
    return this.#unseen.size;
  }

  /** Samples for so long, then asks for what is not shown yet: until all is, or for 150 seconds. */
  async run(milliseconds: number, signal: AbortSignal): Promise<void> {
    const ends = performance.now() + milliseconds;
    await Promise.all([this.#post(ends, signal), this.#poll(ends, signal)]);
  }

  async #post(ends: number, signal: AbortSignal): Promise<void> {
    while (performance.now() < ends && !signal.aborted) {
      const number = this.#posted++;
      const path = `/group-${Math.floor(number / SAMPLES_A_GROUP)}/sample-${number}`;
      const id = crypto.randomUUID();
      const response = await fetch(`${this.serverUrl}/collect`, {
        method: "POST",
        body: JSON.stringify(pageview({
          siteId: SAMPLE_SITE,
          eventId: id,
          sessionId: `sess_${id}`,
          visitorId: `vis_${id}`,
          timestamp: new Date().toISOString(),
          path,
        })),
      });
      await response.body?.cancel();
      if (response.status !== 202) throw new Error(`/collect answered ${response.status} for a sample`);
      this.#unseen.set(path, { path, acknowledgedAt: performance.now() });
      await pause(SAMPLE_MS);
    }
  }

  async #poll(ends: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const now = performance.now();
      const isOver = now > ends && (this.#unseen.size === 0 || now > ends + GRACE_MS);
      if (isOver || signal.aborted) return;
      const groups = new Set([...this.#unseen.keys()].map((path) => path.split("/")[1]!));
      for (const group of groups) {
        const shown = await this.#pagesOf(group);
        const at = performance.now();
        for (const path of shown) {
          const sample = this.#unseen.get(path);
          if (sample) this.shownAfter.push(at - sample.acknowledgedAt);
          this.#unseen.delete(path);
        }
      }
      await pause(POLL_MS);
    }
  }

  async #pagesOf(group: string): Promise<string[]> {
    const query = new URLSearchParams({ period: "7d", search: `/${group}/`, limit: "1000" });
    const response = await fetch(
      `${this.serverUrl}/api/v1/sites/${SAMPLE_SITE}/breakdown/page?${query}`,
      { headers: { authorization: `Bearer ${this.token}` } },
    );
    // Until the first sample is processed the site is unknown.
    if (response.status === 404) {
      await response.body?.cancel();
      return [];
    }
    const answer = await response.json();
    if (!response.ok) throw new Error(`The API answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer.rows.map(({ value }: { value: string }) => value);
  }
}
