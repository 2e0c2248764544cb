import { count } from "../db/doctor/check.ts";
import { parseDays, UsageError } from "./arguments.ts";
import { ProgressLine } from "./progress.ts";
import { reachDatabase } from "./reach.ts";
import { Interrupted, type Subcommand } from "./subcommand.ts";
import { printJson, printLine } from "./terminal.ts";

const DAY_MS = 24 * 3_600_000;
// What calculate_daily_metrics takes at once; more is a typing error.
const MOST_DAYS = 3_660;

/** The months, or parts of one, from one day to another, both included. */
export function monthsBetween(from: string, to: string): { from: string; to: string }[] {
  const months: { from: string; to: string }[] = [];
  for (let start = from; start <= to;) {
    const [year, month] = start.split("-").map(Number);
    const last = dayText(Date.UTC(year!, month!, 0));
    months.push({ from: start, to: last < to ? last : to });
    start = dayText(Date.parse(last) + DAY_MS);
  }
  return months;
}

function dayText(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

export const rollup: Subcommand = {
  summary: "recomputes the daily metrics of a range of days",
  help: `Usage: deno task footfall rollup --from DAY --to DAY [--json]

Recomputes daily_site_metrics of every site from one day to another, both included and each the site's own, a
month at a time (CALL calculate_daily_metrics). A day is replaced, so it does no harm to run it again; the job
daily-metrics does it by itself for each day that has changed.

  --from DAY, --to DAY   as 2026-03-31; at most ${MOST_DAYS} days
  --json                 answers JSON: from, to, months, metrics (rows of that range)`,
  options: { from: "value", to: "value", json: "flag" },
  async run(args, interrupted) {
    const { from, to } = parseDays(args);
    const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
    if (days > MOST_DAYS) {
      throw new UsageError(`${from} to ${to} is ${days} days, but may be at most ${MOST_DAYS}`);
    }
    const months = monthsBetween(from, to);
    const metrics = await reachDatabase(async ({ db }) => {
      const progress = new ProgressLine("months");
      for (const [done, month] of months.entries()) {
        progress.show(done, months.length);
        await db.query("call calculate_daily_metrics($1::date, $2::date)", [month.from, month.to])
          .catch((error) => {
            if (!interrupted.aborted) throw error;
          });
        if (interrupted.aborted) {
          // The month under way is rolled back.
          throw new Interrupted(
            done === 0 ? "Interrupted" : `Interrupted: done up to ${months[done - 1]!.to}`,
          );
        }
      }
      progress.show(months.length, months.length);
      const [row] = await db.query<{ metrics: number }>(
        "select count(*) as metrics from daily_site_metrics where metric_date between $1::date and $2::date",
        [from, to],
      );
      return row!.metrics;
    }, { interrupted });
    if (args.flag("json")) await printJson({ from, to, months: months.length, metrics });
    else await printLine(`rolled up: ${from} to ${to}, metrics of ${count(metrics, "day")} of sites`);
  },
};
