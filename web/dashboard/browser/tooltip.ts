import type uPlot from "uplot";
import type { ChartSeries } from "../chart_series.ts";
import { type Figure, FIGURES } from "../figures.ts";
import { changeOf, formatFigure } from "../format.ts";

const GAP = 14;

/** Says the figures of the point under the cursor: of the period, and of the one that it is compared with. */
export class Tooltip {
  readonly #place: HTMLElement;
  readonly #series: ChartSeries;
  readonly #figure: Figure;
  readonly #box = document.createElement("div");

  constructor(place: HTMLElement, series: ChartSeries, figure: Figure) {
    this.#place = place;
    this.#series = series;
    this.#figure = figure;
    this.#box.className = "tooltip";
    this.#box.hidden = true;
    this.#box.ariaHidden = "true";
  }

  plugin(): uPlot.Plugin {
    return {
      hooks: {
        init: (plot) => plot.over.append(this.#box),
        setCursor: (plot) => this.#show(plot),
      },
    };
  }

  #show(plot: uPlot): void {
    const { idx, left } = plot.cursor;
    const isOver = idx !== null && idx !== undefined && left !== undefined && left >= 0;
    this.#box.hidden = !isOver;
    if (!isOver) return;
    const { unit, title } = FIGURES[this.#figure];
    const series = this.#series;
    const now = series.current[this.#figure][idx] ?? null;
    const before = series.previous[this.#figure][idx];
    const rows = [
      line("tooltip-title", series.titles[idx]!),
      line("tooltip-now", `${formatFigure(now, unit)} ${title.toLowerCase()}`),
    ];
    const earlier = series.previousTitles[idx];
    if (earlier) {
      const change = changeOf(now, before);
      const arrow = change && { up: "↑ ", down: "↓ ", level: "→ " }[change.direction];
      rows.push(line("tooltip-before", `${formatFigure(before, unit)} · ${earlier}`));
      if (change) rows.push(line("tooltip-change", `${arrow}${change.text}`));
    }
    this.#box.replaceChildren(...rows);
    const width = this.#box.offsetWidth;
    const space = plot.over.clientWidth;
    const right = left + GAP + width > space ? left - GAP - width : left + GAP;
    this.#box.style.translate = `${Math.round(Math.max(0, Math.min(right, space - width)))}px 8px`;
    if (document.activeElement === this.#place) {
      document.getElementById("chart-point")!.textContent = rows.map(({ textContent }) => textContent).join(
        ", ",
      );
    }
  }
}

function line(kind: string, text: string): HTMLElement {
  const element = document.createElement("div");
  element.className = kind;
  element.textContent = text;
  return element;
}
