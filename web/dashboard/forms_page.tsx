import type { FormRow } from "../../db/stats/forms.ts";
import { Isolated, isolated } from "./bidi.tsx";
import { Bar } from "./bar.tsx";
import { Empty } from "./empty.tsx";
import { formatCount, formatFigure, formatShare } from "./format.ts";
import { Answered, type Outcome } from "./outcome.tsx";
import { type SiteContext, SiteFrame } from "./site_frame.tsx";

/** How visitors get along with each form, and which fields they fill in. */
export function FormsPage({ context, outcome }: { context: SiteContext; outcome: Outcome<FormRow[]> }) {
  return (
    <SiteFrame context={context} title="Forms" period="days" download={{ resource: "forms" }}>
      <Answered outcome={outcome} retry={context.address.with({})}>
        {(forms) =>
          forms.length === 0
            ? <Empty address={context.address} what="No form" kind="card notice" />
            : <div class="stack">{forms.map((form) => <FormCard form={form} />)}</div>}
      </Answered>
    </SiteFrame>
  );
}

function FormCard({ form }: { form: FormRow }) {
  const { pages, views, starts, submissions, abandonments, completionRate, fields } = form;
  const name = form.form === "" ? "(form without an id)" : form.form;
  const most = Math.max(1, views, starts, submissions);
  const steps: [string, number][] = [["Views of its pages", views], ["Started", starts], [
    "Submitted",
    submissions,
  ]];
  return (
    <section class="card form-card" aria-label={isolated(name)}>
      <div class="panel-head">
        <h2>
          <Isolated text={name} />
        </h2>
        <p class="soft small clip">
          on {pages.slice(0, 3).map(isolated).join(", ")}
          {pages.length > 3 && ` and ${pages.length - 3} more`}
        </p>
      </div>
      <div class="form-figures">
        <div>
          <p class="lead">
            <strong class="figure">{formatFigure(completionRate, "share")}</strong>{" "}
            of the starts were submitted
          </p>
          <table class="bars">
            <thead>
              <tr>
                <th scope="col">Step</th>
                <th scope="col">Times</th>
              </tr>
            </thead>
            <tbody>
              {steps.map(([title, count]) => (
                <tr>
                  <th scope="row">
                    <Bar share={count / most} />
                    <span class="value">{title}</span>
                  </th>
                  <td>{formatCount(count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="note">{formatCount(abandonments)} left after a start.</p>
        </div>
        <div>
          {fields.length === 0 ? <p class="soft">Nothing is known of its fields.</p> : (
            <table class="bars">
              <thead>
                <tr>
                  <th scope="col">Field</th>
                  <th scope="col">Filled in</th>
                  <th scope="col">Share</th>
                </tr>
              </thead>
              <tbody>
                {fields.map(({ field, filled, share }) => (
                  <tr>
                    <th scope="row">
                      <Bar share={share} />
                      <span class="value" title={isolated(field)}>
                        <Isolated text={field} />
                      </span>
                    </th>
                    <td>{formatCount(filled)}</td>
                    <td class="soft">{formatShare(share)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      </div>
    </section>
  );
}
