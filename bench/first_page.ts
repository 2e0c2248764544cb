import { pause } from "./live_load.ts";

const EVERY_MS = 5_000;

/** Asks the stats API for everything that the dashboard's first page shows, every few seconds, all of it at the same time. */
export class FirstPage {
  /** Until the last response of each round, in milliseconds. */
  readonly times: number[] = [];
  readonly failures: string[] = [];

  constructor(readonly serverUrl: string, readonly token: string, readonly site: string) {}

  async run(milliseconds: number, signal: AbortSignal): Promise<void> {
    const ends = performance.now() + milliseconds;
    while (performance.now() < ends && !signal.aborted) {
      const started = performance.now();
      await Promise.all([
        this.#ask("overview?period=30d"),
        this.#ask("timeseries?period=30d&compare=previous"),
        this.#ask("goals?period=30d"),
        ...["channel", "page", "country", "browser", "event"].map((dimension) =>
          this.#ask(`breakdown/${dimension}?period=30d&limit=9`)
        ),
      ]);
      this.times.push(performance.now() - started);
      await pause(EVERY_MS);
    }
  }

  async #ask(question: string): Promise<void> {
    const response = await fetch(`${this.serverUrl}/api/v1/sites/${this.site}/${question}`, {
      headers: { authorization: `Bearer ${this.token}` },
    });
    const text = await response.text();
    if (!response.ok) this.failures.push(`${question}: ${response.status} ${text.slice(0, 200)}`);
  }
}
