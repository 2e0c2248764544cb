/** The values of one `GET /metrics`, by name and labels as they are written. */
export class MetricsSnapshot {
  readonly #values = new Map<string, number>();

  /** @param text in the Prometheus text format */
  constructor(text: string) {
    for (const line of text.split("\n")) {
      const [, name, value] = /^([^#\s][^\s]*(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
      if (name !== undefined) this.#values.set(name, Number(value));
    }
  }

  /** 0 where there is none: a counter with labels is written from its first count on. */
  value(name: string): number {
    return this.#values.get(name) ?? 0;
  }

  /** What a histogram's observations since `earlier` come to on average; undefined where there are none. */
  mean(histogram: string, labels: string, earlier: MetricsSnapshot): number | undefined {
    const since = (part: string) =>
      this.value(`${histogram}_${part}${labels}`) - earlier.value(`${histogram}_${part}${labels}`);
    return since("count") === 0 ? undefined : since("sum") / since("count");
  }
}
