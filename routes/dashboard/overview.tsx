import { leftOutBots } from "../../db/stats/bots.ts";
import { breakdown } from "../../db/stats/breakdown.ts";
import { goals } from "../../db/stats/goals.ts";
import { links } from "../../db/stats/links.ts";
import { medians } from "../../db/stats/medians.ts";
import { overview } from "../../db/stats/overview.ts";
import { definitionChanges } from "../../db/stats/definition_changes.ts";
import { dayCount, MAX_DAYS_BY_HOUR, usualInterval } from "../../db/stats/period.ts";
import type { DayRange } from "../../db/stats/query.ts";
import {
  besideEach,
  comparedStretch,
  overviewOf,
  stretchDays,
  timeseriesOf,
} from "../../db/stats/stretch.ts";
import { type Interval, INTERVALS, timeseries } from "../../db/stats/timeseries.ts";
import { chartSeries } from "../../web/dashboard/chart_series.ts";
import { FIGURE_KEYS } from "../../web/dashboard/figures.ts";
import { OverviewPage } from "../../web/dashboard/overview_page.tsx";
import { PanelSection } from "../../web/dashboard/panel.tsx";
import {
  EVENTS_TABS,
  type EventsAnswer,
  EventsPanel,
  type EventsTab,
} from "../../web/dashboard/events_panel.tsx";
import { type Panel, PANEL_KEYS, panelDimension } from "../../web/dashboard/panels.ts";
import { SetupCard } from "../../web/dashboard/setup.tsx";
import { SiteFrame } from "../../web/dashboard/site_frame.tsx";
import { lastEventAt } from "../../db/stats/arrival.ts";
import { outcomeOf, statusOf } from "./outcome.ts";
import type { View } from "./view.ts";
import type { Visit } from "./visit.ts";

const ROWS = 9;
const VALUE_PANELS = PANEL_KEYS.filter((key) => key !== "events");

/** The overview, or one panel of it. */
export const overviewView: View = async (visit, part) => {
  const { context, site } = visit;
  if (part === "events") {
    const answer = await eventsAnswer(visit);
    return {
      page: <EventsPanel address={context.address} answer={answer} />,
      status: statusOf(answer.outcome),
    };
  }
  const panel = VALUE_PANELS.find((key) => key === part);
  if (panel) {
    const answer = await panelAnswer(visit, panel);
    return {
      page: <PanelSection address={context.address} {...answer} />,
      status: statusOf(answer.outcome),
    };
  }
  if (site.firstDay === null) return { page: await setupPage(visit) };
  const intervals = intervalsOf(context.range);
  const asked = context.address.get("interval");
  const interval = intervals.find((known) => known === asked) ?? usualInterval(context.range);
  const [totals, series, reached, events, ...panels] = await Promise.all([
    outcomeOf(totalsAnswer(visit)),
    outcomeOf(seriesAnswer(visit, interval)),
    outcomeOf(goals(visit.db, visit.query)),
    eventsAnswer(visit),
    ...VALUE_PANELS.map((key) => panelAnswer(visit, key)),
  ]);
  const figure = FIGURE_KEYS.find((key) => key === context.address.get("figure")) ?? "visitors";
  return {
    page: (
      <OverviewPage
        context={context}
        figure={figure}
        interval={interval}
        intervals={intervals}
        answers={{ totals, series, panels, events, goals: reached }}
      />
    ),
  };
};

async function totalsAnswer({ db, query, compared }: Visit) {
  const [current, previous, found, bots] = await Promise.all([
    overview(db, query),
    compared ? overviewOf(db, query, compared) : null,
    medians(db, query),
    leftOutBots(db, query),
  ]);
  return { current, previous, medians: found, bots };
}

async function seriesAnswer({ db, query, context: { address }, now }: Visit, interval: Interval) {
  const compared = comparedStretch(query, address.compare, now, { period: address.period, interval });
  const shown = { from: compared ? stretchDays(compared).from : query.range.from, to: query.range.to };
  const [buckets, previous, changes] = await Promise.all([
    timeseries(db, query, interval, now),
    compared ? timeseriesOf(db, query, compared, interval, now) : [],
    definitionChanges(db, query, shown),
  ]);
  const beside = compared ? besideEach(buckets, previous, compared) : [];
  return { ...chartSeries(buckets, beside, { interval, now }), changes };
}

async function panelAnswer({ db, query, context }: Visit, panel: Panel) {
  const dimension = panelDimension(panel, context.address.get(panel));
  return { panel, dimension, outcome: await outcomeOf(breakdown(db, query, dimension, { limit: ROWS })) };
}

async function eventsAnswer({ db, query, context }: Visit): Promise<EventsAnswer> {
  const asked = context.address.get("events");
  const tab = (Object.keys(EVENTS_TABS) as EventsTab[]).find((tab) => tab === asked) ?? "event";
  return tab === "event"
    ? { tab, outcome: await outcomeOf(breakdown(db, query, "event", { limit: ROWS, automatic: false })) }
    : { tab, outcome: await outcomeOf(links(db, query, tab, { limit: ROWS })) };
}

/** Those in which the range has a few points, and not too many to tell apart. */
function intervalsOf(range: DayRange): Interval[] {
  const days = dayCount(range);
  const fits: Record<Interval, boolean> = {
    hour: days <= Math.min(14, MAX_DAYS_BY_HOUR),
    day: days > 1 && days <= 400,
    week: days > 13,
    month: days > 59,
  };
  return INTERVALS.filter((interval) => fits[interval]);
}

async function setupPage({ db, context, query, publicUrl }: Visit) {
  const [lastEvent, bots] = await Promise.all([lastEventAt(db, query.site), leftOutBots(db, query)]);
  return (
    <SiteFrame context={context} title="No events yet" period="none">
      <SetupCard
        base={context.address.base}
        site={query.site}
        publicUrl={publicUrl}
        arrival={context.address.isEmbedded ? undefined : { lastEventAt: lastEvent }}
        bots={bots}
      />
    </SiteFrame>
  );
}
