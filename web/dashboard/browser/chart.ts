import uPlot from "uplot";
import type { ChartSeries } from "../chart_series.ts";
import { type Figure, FIGURES } from "../figures.ts";
import { formatAxis } from "../format.ts";
import { changeLinks } from "./parts.ts";
import { fillTable } from "./series_table.ts";
import { Tooltip } from "./tooltip.ts";

const HEIGHT = 260;

/** Draws the chosen figure in the place of the outline; another one when its big figure is clicked. */
export function drawChart(): void {
  const place = document.getElementById("chart");
  if (!place) return;
  const series = JSON.parse(document.getElementById("series")!.textContent!) as ChartSeries;
  let figure = place.dataset.figure as Figure;
  let plot: uPlot | undefined;
  const draw = () => {
    plot?.destroy();
    place.replaceChildren();
    plot = newPlot(place, series, figure);
  };
  draw();

  new ResizeObserver(() => {
    if (plot && place.clientWidth !== plot.width) plot.setSize({ width: place.clientWidth, height: HEIGHT });
  }).observe(place);
  // A canvas does not follow the style sheet by itself.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  place.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined || !plot) return;
    event.preventDefault();
    moveCursor(plot, step);
  });
  place.addEventListener("blur", () => plot?.setCursor({ left: -10, top: -10 }));

  document.getElementById("figures")?.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-figure]");
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    figure = link.dataset.figure as Figure;
    const url = new URL(location.href);
    if (figure === "visitors") url.searchParams.delete("figure");
    else url.searchParams.set("figure", figure);
    history.replaceState(null, "", url);
    changeLinks("figure", url);
    for (const other of document.querySelectorAll("[data-figure][aria-current]")) {
      other.removeAttribute("aria-current");
    }
    link.setAttribute("aria-current", "true");
    const { title } = FIGURES[figure];
    document.getElementById("chart-title")!.textContent = title;
    place.dataset.figure = figure;
    place.setAttribute(
      "aria-label",
      place.getAttribute("aria-label")!.replace(/of .*?;/, `of ${title.toLowerCase()};`),
    );
    fillTable(series, figure);
    draw();
  });
}

function newPlot(place: HTMLElement, series: ChartSeries, figure: Figure): uPlot {
  const style = getComputedStyle(document.body);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const [accent, fill, soft, line, card] = ["--accent", "--fill", "--soft", "--line", "--card"].map(color);
  const { unit } = FIGURES[figure];
  const current = series.current[figure];
  const last = current.findLastIndex((value) => value !== null);
  // What is less than a whole interval is drawn apart, so that it is not taken for a fall or a rise.
  const end = series.partial[last] && last > 0 ? last : Infinity;
  const begin = series.partial[0] && last > 1 ? 0 : -1;
  const whole = current.map((value, i) => i <= begin || i >= end ? null : value);
  const cut = current.map((value, i) => begin === 0 && i <= 1 ? value : null);
  const unfinished = current.map((value, i) => i === end || i === end - 1 ? value : null);
  const axis = {
    stroke: soft,
    font: `12px ${style.fontFamily}`,
    ticks: { show: false },
    grid: { stroke: line, width: 1 },
  };
  const width = 2;
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: HEIGHT,
    padding: [12, 24, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 9, width: 2, stroke: () => card!, fill: (_plot, i) => i === 1 ? soft! : accent! },
    },
    scales: {
      x: { time: false, range: (_plot, min, max) => min === max ? [min - 1, max + 1] : [min, max] },
      y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 34,
        gap: 9,
        space: 72,
        incrs: [1, 2, 3, 4, 6, 7, 8, 12, 14, 24, 28, 48, 56, 96, 168],
        values: (_plot, at) => at.map((index) => Number.isInteger(index) ? series.ticks[index] ?? "" : ""),
      },
      {
        ...axis,
        size: (_plot, values) => 18 + 7 * Math.max(3, ...(values ?? []).map((value) => String(value).length)),
        space: 44,
        incrs: unit === "count"
          ? [1, 2, 5].flatMap((n) => powers(n)).sort((a, b) => a - b)
          : unit === "seconds"
          ? SECONDS
          : undefined,
        values: (_plot, at) => at.map((value) => formatAxis(value, unit)),
      },
    ],
    series: [
      {},
      { stroke: soft, width: 1.5, dash: [3, 4], points: lonely(soft!) },
      { stroke: accent, width, fill, points: lonely(accent!) },
      { stroke: accent, width, fill, dash: [5, 5], points: { show: false } },
      { stroke: accent, width, fill, dash: [5, 5], points: { show: false } },
    ],
    plugins: [new Tooltip(place, series, figure).plugin()],
  };
  return new uPlot(
    options,
    [current.map((_, i) => i), series.previous[figure], whole, cut, unfinished] as uPlot.AlignedData,
    place,
  );
}

/** A point without a neighbour is no line: it gets a dot. */
function lonely(color: string): uPlot.Series.Points {
  return {
    show: true,
    size: 6,
    fill: color,
    filter: (plot, series) => {
      const values = plot.data[series]!;
      const isThere = (i: number) => values[i] !== null && values[i] !== undefined;
      return [...values.keys()].filter((i) => isThere(i) && !isThere(i - 1) && !isThere(i + 1));
    },
  };
}

const powers = (n: number) => Array.from({ length: 10 }, (_, exponent) => n * 10 ** exponent);
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200];

function moveCursor(plot: uPlot, step: number): void {
  const count = plot.data[0].length;
  const at = plot.cursor.idx;
  const next = at === null || at === undefined
    ? (step > 0 ? 0 : count - 1)
    : Math.min(count - 1, Math.max(0, at + step));
  plot.setCursor({ left: plot.valToPos(next, "x"), top: 10 });
}
