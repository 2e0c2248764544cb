const BAR_WIDTH = 24;
// To the start of the line, and clear the rest of it (ECMA-48).
const REDRAW = "\r\x1b[K";

/** How far a long task is, as one line: a bar, what is done, how fast, and the time left at that pace. */
export function formatProgress(unit: string, done: number, total: number, seconds: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  const rate = seconds > 0 ? done / seconds : 0;
  const count = (value: number) => Math.round(value).toLocaleString("en-US");
  const left = rate > 0 ? `${duration((total - done) / rate)} left` : "";
  return `${bar}  ${count(done)} of ${count(total)} ${unit}  ${count(rate)} ${unit}/s  ${left}`.trimEnd();
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A line on stderr that is redrawn; nothing where stderr is no terminal, and nothing is left when all is done. */
export class ProgressLine {
  readonly #started = performance.now();

  constructor(readonly unit: string) {}

  /** @param note what else is to be told of it */
  show(done: number, total: number, note = ""): void {
    if (!Deno.stderr.isTerminal()) return;
    const seconds = (performance.now() - this.#started) / 1000;
    const line = done < total ? `${formatProgress(this.unit, done, total, seconds)}  ${note}`.trimEnd() : "";
    Deno.stderr.writeSync(new TextEncoder().encode(REDRAW + line));
  }
}
