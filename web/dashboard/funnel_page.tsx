import type { FunnelRow, FunnelUnit } from "../../db/stats/funnel.ts";
import { Isolated, isolated } from "./bidi.tsx";
import type { Address } from "./address.ts";
import { Bar } from "./bar.tsx";
import { Choices } from "./choices.tsx";
import { formatCount, formatSeconds, formatShare, NONE } from "./format.ts";
import { Answered, type Outcome } from "./outcome.tsx";
import { type SiteContext, SiteFrame } from "./site_frame.tsx";

export const MAX_FIELDS = 10;
const MIN_FIELDS = 3;

const UNITS: Record<FunnelUnit, { one: string; many: string; note: string }> = {
  session: { one: "session", many: "sessions", note: "within one session" },
  visitor: { one: "visitor", many: "visitors", note: "over all sessions of a visitor" },
};

/** How many go through a series of pages and events, and where they leave it. */
export function FunnelPage(
  { context, steps, by, known, outcome }: {
    context: SiteContext;
    /** As they were written: a path, or an event's name. */
    steps: string[];
    by: FunnelUnit;
    /** Pages and events to choose from. */
    known: string[];
    /** Null until there are two steps. */
    outcome: Outcome<FunnelRow[]> | null;
  },
) {
  const { address } = context;
  // Each as the API has it: `page:/a`, `event:signup`.
  const named = outcome && "value" in outcome
    ? outcome.value.map(({ step }): [string, string] => ["step", step])
    : [];
  const download = named.length === 0
    ? undefined
    : { resource: "funnel", more: [...named, ["by", by]] as typeof named };
  return (
    <SiteFrame context={context} title="Funnel" period="days" download={download}>
      <div class="columns">
        <StepsForm address={address} steps={steps} by={by} known={known} />
        <section class="card" aria-label="Funnel">
          {outcome === null
            ? (
              <p class="notice">
                Give two steps or more: a path such as <code>/checkout</code>, or an event’s name.
              </p>
            )
            : (
              <Answered outcome={outcome} retry={address.with({})}>
                {(rows) => <Steps rows={rows} by={by} />}
              </Answered>
            )}
        </section>
      </div>
    </SiteFrame>
  );
}

function StepsForm(
  { address, steps, by, known }: { address: Address; steps: string[]; by: FunnelUnit; known: string[] },
) {
  const fields = Math.min(MAX_FIELDS, Math.max(MIN_FIELDS, steps.length + 1));
  return (
    <form class="card side" action={address.action}>
      <h2>Steps</h2>
      {address.hidden("step", "by").map(([name, value]) => <input type="hidden" name={name} value={value} />)}
      <ol class="step-fields">
        {Array.from({ length: fields }, (_, i) => (
          <li>
            <input
              name="step"
              value={steps[i] ?? ""}
              list="known"
              maxlength={2048}
              aria-label={`Step ${i + 1}`}
              placeholder={["/products", "add_to_cart"][i] ?? "one more, if you like"}
            />
          </li>
        ))}
      </ol>
      <Choices id="known" values={known} />
      <fieldset class="radios">
        <legend class="hidden">Count</legend>
        {(["session", "visitor"] as const).map((unit) => (
          <label>
            <input type="radio" name="by" value={unit} checked={unit === by} /> {UNITS[unit].note}
          </label>
        ))}
      </fieldset>
      <button class="button" type="submit">Show</button>
    </form>
  );
}

function Steps({ rows, by }: { rows: FunnelRow[]; by: FunnelUnit }) {
  const [first, last] = [rows[0]!, rows.at(-1)!];
  const unit = UNITS[by];
  return (
    <>
      <p class="lead">
        <strong class="figure">{first.count === 0 ? NONE : formatShare(last.count / first.count)}</strong> of
        {" "}
        {formatCount(first.count)} {first.count === 1 ? unit.one : unit.many} went all the way
      </p>
      <ol class="funnel">
        {rows.map((row, i) => (
          <li>
            <p class="step-name">
              <span class="step-number" aria-hidden="true">{i + 1}</span>
              <span class="clip" title={isolated(nameOf(row.step))}>
                <Isolated text={nameOf(row.step)} />
              </span>
              <strong>{formatCount(row.count)}</strong>
              <span class="soft step-share">
                {row.rateOfFirst === null ? NONE : formatShare(row.rateOfFirst)}
              </span>
            </p>
            <div class="step-bar">
              <Bar share={row.rateOfFirst ?? 0} kind="thick" />
            </div>
            {i > 0 && (
              <p class="soft small step-note">
                {row.rateOfPrevious === null
                  ? "nobody came this far"
                  : `${formatShare(row.rateOfPrevious)} of the step before`}
                {row.dropOff > 0 && <span class="lost">{formatCount(row.dropOff)} left</span>}
                {row.medianSeconds !== null && <span>median {formatSeconds(row.medianSeconds)}</span>}
              </p>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}

/** What the step is of stands before its name. */
function nameOf(step: string): string {
  return step.slice(step.indexOf(":") + 1);
}
