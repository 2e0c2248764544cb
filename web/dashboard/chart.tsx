import { raw } from "hono/html";
import type { Interval } from "../../db/stats/timeseries.ts";
import type { Address } from "./address.ts";
import type { ChartSeries } from "./chart_series.ts";
import { type Figure, FIGURES } from "./figures.ts";
import { formatFigure } from "./format.ts";

const INTERVAL_NAMES: Record<Interval, string> = {
  hour: "Hours",
  day: "Days",
  week: "Weeks",
  month: "Months",
};

/** One figure over the period, and the same numbers as a table. */
export function Chart(
  { address, series, figure, intervals }: {
    address: Address;
    series: ChartSeries;
    figure: Figure;
    /** Those that the period may be drawn by. */
    intervals: Interval[];
  },
) {
  return (
    <div class="chart-box">
      <div class="chart-head">
        <p class="legend">
          <span class="key now" id="chart-title">{FIGURES[figure].title}</span>
          {series.previousTitles.length > 0 && <span class="key before">compared period</span>}
        </p>
        {intervals.length > 1 && (
          <nav class="tabs" aria-label="Interval">
            {intervals.map((interval) => (
              <a
                href={address.with({ interval })}
                data-keep
                aria-current={interval === series.interval ? "true" : undefined}
              >
                {INTERVAL_NAMES[interval]}
              </a>
            ))}
          </nav>
        )}
      </div>
      <div
        id="chart"
        data-figure={figure}
        role="img"
        tabindex={0}
        aria-label={`Chart of ${
          FIGURES[figure].title.toLowerCase()
        }; the same numbers follow as a table. Arrow keys read it.`}
      >
        <Outline values={series.current[figure]} before={series.previous[figure]} />
      </div>
      <p class="hidden" id="chart-point" aria-live="polite"></p>
      <script type="application/json" id="series">{raw(jsonInHtml(series))}</script>
      <SeriesTable series={series} figure={figure} />
    </div>
  );
}

/** The lines alone, until the script has drawn them with axes; or where there is none. */
function Outline({ values, before }: { values: (number | null)[]; before: (number | null)[] }) {
  const highest = Math.max(1e-9, ...[...values, ...before].map((value) => value ?? 0));
  const path = (of: (number | null)[]) =>
    of.map((value, i) => {
      if (value === null) return "";
      const isStart = i === 0 || of[i - 1] === null;
      const x = i / Math.max(1, of.length - 1) * 1000;
      return `${isStart ? "M" : "L"}${x.toFixed(1)} ${(200 - value / highest * 190).toFixed(1)}`;
    }).join("");
  return (
    <svg class="outline" viewBox="0 0 1000 200" preserveAspectRatio="none" aria-hidden="true">
      {before.length > 0 && <path class="before" d={path(before)} />}
      <path class="now" d={path(values)} />
    </svg>
  );
}

function SeriesTable({ series, figure }: { series: ChartSeries; figure: Figure }) {
  const { unit, title } = FIGURES[figure];
  const isCompared = series.previousTitles.length > 0;
  return (
    <details class="numbers">
      <summary>Numbers</summary>
      <div class="scroll" tabindex={0} role="region" aria-label="The numbers of the chart">
        <table id="series-table">
          <caption class="hidden">{title} by {series.interval}</caption>
          <thead>
            <tr>
              <th scope="col">{INTERVAL_NAMES[series.interval as Interval]}</th>
              <th scope="col">{title}</th>
              {isCompared && <th scope="col">Before</th>}
              {isCompared && <th scope="col">Compared with</th>}
            </tr>
          </thead>
          <tbody>
            {series.titles.map((label, i) => (
              <tr>
                <th scope="row">{label}</th>
                <td>{formatFigure(series.current[figure][i], unit)}</td>
                {isCompared && <td>{formatFigure(series.previous[figure][i], unit)}</td>}
                {isCompared && <td class="soft">{series.previousTitles[i] ?? ""}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** JSON that cannot end the element that it stands in. */
function jsonInHtml(value: unknown): string {
  return JSON.stringify(value).replace(/</g, "\\u003c");
}
