import type { ChartSeries } from "../chart_series.ts";
import { type Figure, FIGURES } from "../figures.ts";
import { formatFigure } from "../format.ts";

/** Shows the numbers of another figure in the table below the chart. */
export function fillTable(series: ChartSeries, figure: Figure): void {
  const table = document.getElementById("series-table") as HTMLTableElement;
  const { title, unit } = FIGURES[figure];
  table.caption!.textContent = `${title} by ${series.interval}`;
  table.tHead!.rows[0]!.cells[1]!.textContent = title;
  [...table.tBodies[0]!.rows].forEach((row, i) => {
    row.cells[1]!.textContent = formatFigure(series.current[figure][i], unit);
    if (row.cells[2]) row.cells[2].textContent = formatFigure(series.previous[figure][i], unit);
  });
}
