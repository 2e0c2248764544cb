/** How figures and days are written, on the server and in its pages' scripts alike. */

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const TWO_DECIMALS = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** What stands where there is no figure. */
export const NONE = "–";

/** `1,234`. */
export function formatCount(count: number): string {
  return WHOLE.format(count);
}

/** `12.3k`, from ten thousand on. */
export function formatCompact(count: number): string {
  return count < 10_000 ? formatCount(count) : COMPACT.format(count).toLowerCase();
}

/** `2.31`. */
export function formatDecimal(number: number): string {
  return TWO_DECIMALS.format(number);
}

/** A share of 0..1 as `42%`, small ones as `4.2%`; what is less than it can show is `<0.1%`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return "<0.1%";
  const digits = percent !== 0 && percent < 9.95 ? 1 : 0;
  return `${percent.toFixed(digits)}%`;
}

/** `2m 31s`, `1h 05m`, `45s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (number: number) => String(number).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  const minutes = Math.round(whole / 60);
  return `${formatCount(Math.floor(minutes / 60))}h ${two(minutes % 60)}m`;
}

/** `€1,234.50`; without a currency `1,234.50`. */
export function formatMoney(amount: number, currency: string): string {
  if (!/^[A-Z]{3}$/.test(currency)) return formatDecimal(amount);
  return new Intl.NumberFormat("en", { style: "currency", currency }).format(amount);
}

/** A figure on an axis: short, and without what is naught. */
export function formatAxis(figure: number, unit: FigureUnit): string {
  if (unit === "count") return formatCompact(figure);
  return unit === "seconds" ? formatSeconds(figure).replace(/ 00[sm]$/, "") : formatFigure(figure, unit);
}

export type FigureUnit = "count" | "decimal" | "share" | "seconds";

/** A figure in its unit; `–` for none. */
export function formatFigure(figure: number | null | undefined, unit: FigureUnit): string {
  if (figure === null || figure === undefined) return NONE;
  switch (unit) {
    case "count":
      return formatCount(figure);
    case "decimal":
      return formatDecimal(figure);
    case "share":
      return formatShare(figure);
    case "seconds":
      return formatSeconds(figure);
  }
}

/** How a figure differs from an earlier one. */
export interface Change {
  direction: "up" | "down" | "level";
  /** `12%`, `3×` from fourfold on; `new` where there was nothing. */
  text: string;
}

/** Null where there is nothing to compare. */
export function changeOf(now: number | null, before: number | null | undefined): Change | null {
  if (now === null || before === null || before === undefined) return null;
  if (before === 0) return now === 0 ? { direction: "level", text: "0%" } : { direction: "up", text: "new" };
  const change = now / before - 1;
  if (Math.abs(change) < 0.0005) return { direction: "level", text: "0%" };
  const text = change >= 3 ? `${(now / before).toFixed(change < 9 ? 1 : 0)}×` : formatShare(Math.abs(change));
  return { direction: change > 0 ? "up" : "down", text };
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** `22 Nov`, of a day `YYYY-MM-DD`. The site's calendar has no clock, so no time zone comes into it. */
export function formatDay(day: string): string {
  return `${Number(day.slice(8, 10))} ${monthOf(day)}`;
}

const monthOf = (day: string) => MONTHS[Number(day.slice(5, 7)) - 1]!;
const yearOf = (day: string) => day.slice(0, 4);
/** `22 Nov 2026`. */
export const formatDate = (day: string) => `${formatDay(day)} ${yearOf(day)}`;
const withWeekday = (day: string) =>
  `${WEEKDAYS[new Date(`${day.slice(0, 10)}T00:00:00Z`).getUTCDay()]!}, ${formatDate(day)}`;

/** `22 Nov 2026`, `1–22 Nov 2026`, `24 Oct – 22 Nov 2026`, `22 Nov 2025 – 21 Nov 2026`. */
export function formatRange({ from, to }: { from: string; to: string }): string {
  if (from === to) return formatDate(from);
  if (from.slice(0, 7) === to.slice(0, 7)) return `${Number(from.slice(8))}–${formatDate(to)}`;
  return `${yearOf(from) === yearOf(to) ? formatDay(from) : formatDate(from)} – ${formatDate(to)}`;
}

/** An interval by its label, for an axis: `14:00`, `22 Nov`, `Nov 2026`. */
export function formatTick(label: string, interval: string): string {
  if (interval === "hour") return label.slice(11) === "00:00" ? formatDay(label) : label.slice(11);
  return interval === "month" ? `${monthOf(label)} ${yearOf(label)}` : formatDay(label);
}

/** An interval by its label, in full: `Sun, 22 Nov 2026, 14:00`, `Week of 16 Nov 2026`, `Nov 2026`. */
export function formatInterval(label: string, interval: string): string {
  switch (interval) {
    case "hour":
      return `${withWeekday(label)}, ${label.slice(11)}`;
    case "week":
      return `Week of ${formatDate(label)}`;
    case "month":
      return `${monthOf(label)} ${yearOf(label)}`;
    default:
      return withWeekday(label);
  }
}
