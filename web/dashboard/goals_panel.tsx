import type { GoalRow } from "../../db/stats/goals.ts";
import { Bar, BarTable } from "./bar.tsx";
import { Isolated, isolated } from "./bidi.tsx";
import { formatCount, formatFigure } from "./format.ts";
import { Answered, type Outcome } from "./outcome.tsx";
import { Part } from "./part.tsx";
import type { SiteContext } from "./site_frame.tsx";

const ROWS = 9;

/** The goals beside the events, by the share of sessions that reached them. */
export function GoalsPanel({ context, outcome }: { context: SiteContext; outcome: Outcome<GoalRow[]> }) {
  const { address, viewer } = context;
  return (
    <Part name="goals" label="Goals">
      <div class="panel-head">
        <h2>Goals</h2>
      </div>
      <Answered outcome={outcome} retry={address.with({})}>
        {(goals) =>
          goals.length === 0
            ? (
              <p class="notice">
                No goal yet. {viewer.canEdit && <a href={address.to("goals")}>Add one</a>}
              </p>
            )
            : (
              <>
                <BarTable caption="Goals" columns={["Goal", "Sessions", "Rate"]}>
                  {goals.slice(0, ROWS).map(({ name, sessions, rate }) => (
                    <tr>
                      <th scope="row">
                        <Bar share={rate ?? 0} />
                        <span class="value" title={isolated(name)}>
                          <Isolated text={name} />
                        </span>
                      </th>
                      <td>{formatCount(sessions)}</td>
                      <td class="soft">{formatFigure(rate, "share")}</td>
                    </tr>
                  ))}
                </BarTable>
                {!address.isEmbedded && (
                  <p class="panel-foot">
                    <a href={address.to("goals")}>Goals and revenue</a>
                  </p>
                )}
              </>
            )}
      </Answered>
    </Part>
  );
}
