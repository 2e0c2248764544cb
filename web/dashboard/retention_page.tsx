import type { DayRange } from "../../db/stats/query.ts";
import type { Cohort } from "../../db/stats/retention.ts";
import { formatCount, formatDay, formatShare } from "./format.ts";
import { Answered, type Outcome } from "./outcome.tsx";
import { type SiteContext, SiteFrame } from "./site_frame.tsx";

/** Who comes again: of those who came first in a week, the share that came in each week after. */
export function RetentionPage({ context, outcome }: { context: SiteContext; outcome: Outcome<Cohort[]> }) {
  return (
    <SiteFrame context={context} title="Retention" period="days" download={{ resource: "retention" }}>
      <section class="card" aria-label="Retention">
        <div class="panel-head">
          <h2>Retention by week</h2>
          <p class="soft small">Of the visitors who first came in a week, the share that came again</p>
        </div>
        <Answered outcome={outcome} retry={context.address.with({})}>
          {(cohorts) => <Grid cohorts={cohorts} range={context.range} today={context.today} />}
        </Answered>
      </section>
    </SiteFrame>
  );
}

function Grid({ cohorts: all, range, today }: { cohorts: Cohort[]; range: DayRange; today: string }) {
  // Weeks before anybody came say nothing.
  const first = all.findIndex(({ visitors }) => visitors > 0);
  if (first < 0) return <p class="notice">Nobody came first in these weeks.</p>;
  const cohorts = all.slice(first);
  const isPartial = (cohort: string, weeksLater = 0) => {
    const monday = Temporal.PlainDate.from(cohort).add({ weeks: weeksLater });
    const sunday = monday.add({ days: 6 }).toString();
    return monday.toString() < range.from || sunday > range.to || sunday >= today;
  };
  const weeks = Math.max(...cohorts.map(({ returned }) => returned.length));
  return (
    <div class="scroll" tabindex={0} role="region" aria-label="Retention by week">
      <table class="grid">
        <thead>
          <tr>
            <th scope="col">First week</th>
            <th scope="col">Visitors</th>
            {Array.from({ length: weeks }, (_, i) => <th scope="col">{i === 0 ? "Week 0" : `+${i}`}</th>)}
          </tr>
        </thead>
        <tbody>
          {cohorts.map(({ week, visitors, returned }) => (
            <tr>
              <th scope="row" class={isPartial(week) ? "partial" : undefined}>
                {formatDay(week)}
              </th>
              <td>{formatCount(visitors)}</td>
              {returned.map((count, i) =>
                visitors === 0 ? <td></td> : (
                  <td
                    class={`heat-${i === 0 ? 0 : heatOf(count / visitors)}${
                      isPartial(week, i) ? " partial" : ""
                    }`}
                    data-week={`+${i}`}
                    title={`${formatCount(count)} visitors`}
                  >
                    {formatShare(count / visitors)}
                  </td>
                )
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {(isPartial(cohorts[0]!.week) || isPartial(cohorts.at(-1)!.week)) && (
        <p class="note">
          Weeks in <i>italics</i> are partial: the range begins or ends within them, or they are not over.
        </p>
      )}
    </div>
  );
}

/** 0..9, where 0 is no colour: most of what happens lies below a fifth, so the scale is not even. */
function heatOf(share: number): number {
  const bounds = [0, 0.01, 0.02, 0.04, 0.07, 0.12, 0.2, 0.35, 0.6];
  return bounds.filter((bound) => share > bound).length;
}
