import type { GoalRow } from "../../db/stats/goals.ts";
import type { RevenueRow } from "../../db/stats/revenue.ts";
import { Isolated, isolated } from "./bidi.tsx";
import type { Address } from "./address.ts";
import { Bar } from "./bar.tsx";
import { Choices } from "./choices.tsx";
import { formatCount, formatFigure, formatMoney } from "./format.ts";
import { Answered, type Outcome } from "./outcome.tsx";
import { type SiteContext, SiteFrame } from "./site_frame.tsx";

/** What the form that adds a goal has, and why it was refused. */
export interface GoalFields {
  name: string;
  target: string;
  error?: string;
}

/** What visitors are to do, how often they do, and what it brings in. */
export function GoalsPage(
  { context, goals, revenue, fields, known }: {
    context: SiteContext;
    goals: Outcome<GoalRow[]>;
    revenue: Outcome<RevenueRow[]>;
    fields: GoalFields;
    /** Pages and events to choose from. */
    known: string[];
  },
) {
  const { address, viewer } = context;
  return (
    <SiteFrame context={context} title="Goals" period="days" download={{ resource: "goals" }}>
      <div class="stack">
        <section class="card" aria-label="Goals">
          <div class="panel-head">
            <h2>Goals</h2>
          </div>
          <Answered outcome={goals} retry={address.with({})}>
            {(rows) =>
              rows.length === 0
                ? (
                  <p class="notice">
                    No goal yet: a page that visitors are to see, or an event that they are to cause.
                  </p>
                )
                : <Goals address={address} rows={rows} canEdit={viewer.canEdit} />}
          </Answered>
        </section>
        {viewer.canEdit && <AddGoal address={address} fields={fields} known={known} />}
        <section class="card" aria-label="Revenue">
          <div class="panel-head">
            <h2>Revenue</h2>
            {!address.isEmbedded && <a href={address.download("revenue", context.range)}>Download CSV</a>}
          </div>
          <Answered outcome={revenue} retry={address.with({})}>
            {(rows) =>
              rows.length === 0
                ? (
                  <p class="notice">
                    No payment in these days. An event with <code>revenue</code> and <code>currency</code>
                    {" "}
                    is one.
                  </p>
                )
                : <Revenue rows={rows} />}
          </Answered>
        </section>
      </div>
    </SiteFrame>
  );
}

function Goals({ address, rows, canEdit }: { address: Address; rows: GoalRow[]; canEdit: boolean }) {
  return (
    <div class="scroll" tabindex={0} role="region" aria-label="Goals">
      <table class="bars wide-bars">
        <thead>
          <tr>
            <th scope="col">Goal</th>
            <th scope="col">Reached</th>
            <th scope="col">Sessions</th>
            <th scope="col">Rate</th>
            <th scope="col">Revenue</th>
            {canEdit && (
              <th scope="col">
                <span class="hidden">Change</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((goal) => (
            <tr>
              <th scope="row">
                <Bar share={goal.rate ?? 0} />
                <span class="value" title={isolated(goal.event ?? goal.page)}>
                  <Isolated text={goal.name} />{" "}
                  <span class="soft small">
                    <Isolated text={goal.event ?? goal.page} />
                  </span>
                </span>
              </th>
              <td>{formatCount(goal.completions)}</td>
              <td>{formatCount(goal.sessions)}</td>
              <td>{formatFigure(goal.rate, "share")}</td>
              <td>
                {goal.revenue.length === 0
                  ? <span class="soft">–</span>
                  : goal.revenue.map(({ amount, currency }) => <div>{formatMoney(amount, currency)}</div>)}
              </td>
              {canEdit && (
                <td>
                  <form method="post" action={address.with({})}>
                    <input type="hidden" name="remove" value={goal.id} />
                    <button
                      class="text-button"
                      type="submit"
                      aria-label={`Remove goal: ${isolated(goal.name)}`}
                    >
                      Remove
                    </button>
                  </form>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function AddGoal({ address, fields, known }: { address: Address; fields: GoalFields; known: string[] }) {
  return (
    <form class="card line-form" method="post" action={address.with({})} aria-label="Add a goal">
      <label for="target">Page or event</label>
      <input
        id="target"
        name="target"
        value={fields.target}
        list="known"
        required
        maxlength={2048}
        placeholder="/thanks, or signup"
        aria-describedby={fields.error ? "goal-error" : undefined}
        aria-invalid={fields.error ? "true" : undefined}
      />
      <Choices id="known" values={known} />
      <label for="name">Name</label>
      <input id="name" name="name" value={fields.name} required maxlength={100} placeholder="Signed up" />
      <button class="button" type="submit">Add goal</button>
      {fields.error && <p class="error" id="goal-error" role="alert">{fields.error}</p>}
    </form>
  );
}

function Revenue({ rows }: { rows: RevenueRow[] }) {
  const most = Math.max(1e-9, ...rows.map(({ amount }) => amount));
  return (
    <table class="bars">
      <thead>
        <tr>
          <th scope="col">Event</th>
          <th scope="col">Payments</th>
          <th scope="col" class="money">Amount</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ event, currency, payments, amount }) => (
          <tr>
            <th scope="row">
              <Bar share={amount / most} />
              <span class="value">
                <Isolated text={event} />
              </span>
            </th>
            <td>{formatCount(payments)}</td>
            <td>{formatMoney(amount, currency)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
