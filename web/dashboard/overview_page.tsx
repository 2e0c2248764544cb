import type { LeftOutBots } from "../../db/stats/bots.ts";
import type { Breakdown } from "../../db/stats/breakdown.ts";
import type { DefinitionChange } from "../../db/stats/definition_changes.ts";
import type { GoalRow } from "../../db/stats/goals.ts";
import type { Medians } from "../../db/stats/medians.ts";
import type { Dimension } from "../../db/stats/query.ts";
import type { Interval } from "../../db/stats/timeseries.ts";
import type { Totals } from "../../db/stats/totals.ts";
import { BigFigures } from "./big_figures.tsx";
import { BotsLine, ChangesNote } from "./bots_line.tsx";
import { Chart } from "./chart.tsx";
import type { ChartSeries } from "./chart_series.ts";
import { type EventsAnswer, EventsPanel } from "./events_panel.tsx";
import type { Figure } from "./figures.ts";
import { GoalsPanel } from "./goals_panel.tsx";
import { Answered, type Outcome } from "./outcome.tsx";
import { PanelSection } from "./panel.tsx";
import type { Panel } from "./panels.ts";
import { type SiteContext, SiteFrame } from "./site_frame.tsx";

export interface OverviewAnswers {
  totals: Outcome<{ current: Totals; previous: Totals | null; medians: Medians; bots: LeftOutBots }>;
  series: Outcome<ChartSeries & { changes: DefinitionChange[] }>;
  goals: Outcome<GoalRow[]>;
  events: EventsAnswer;
  panels: { panel: Panel; dimension: Dimension; outcome: Outcome<Breakdown> }[];
}

/** The figures of a site, one of them over time, and where they come from. */
export function OverviewPage(
  { context, figure, interval, intervals, answers }: {
    context: SiteContext;
    figure: Figure;
    interval: Interval;
    intervals: Interval[];
    answers: OverviewAnswers;
  },
) {
  const { address } = context;
  const retry = address.with({});
  return (
    <SiteFrame
      context={context}
      title="Overview"
      download={{ resource: "timeseries", more: [["interval", interval]] }}
    >
      <section class="card overview" aria-label="Figures">
        <Answered outcome={answers.totals} retry={retry}>
          {(totals) => <BigFigures address={address} {...totals} chosen={figure} />}
        </Answered>
        <Answered outcome={answers.series} retry={retry}>
          {({ changes, ...series }) => (
            <>
              <Chart address={address} series={series} figure={figure} intervals={intervals} />
              <ChangesNote changes={changes} />
            </>
          )}
        </Answered>
        {"value" in answers.totals && <BotsLine bots={answers.totals.value.bots} />}
      </section>
      <div class="panels">
        {answers.panels.map((panel) => <PanelSection address={address} {...panel} />)}
        <EventsPanel address={address} answer={answers.events} />
        <GoalsPanel context={context} outcome={answers.goals} />
      </div>
    </SiteFrame>
  );
}
