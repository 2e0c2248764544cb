import type { Journeys, JourneyStep } from "../../db/stats/journeys.ts";
import { Isolated, isolated } from "./bidi.tsx";
import type { Address } from "./address.ts";
import { Bar } from "./bar.tsx";
import { Choices } from "./choices.tsx";
import { formatCount, formatShare } from "./format.ts";
import { Answered, type Outcome } from "./outcome.tsx";
import { type SiteContext, SiteFrame } from "./site_frame.tsx";

/** Where visitors come from to a page, and where they go. */
export function JourneysPage(
  { context, path, known, outcome }: {
    context: SiteContext;
    path: string;
    /** Pages to choose from. */
    known: string[];
    outcome: Outcome<Journeys>;
  },
) {
  const { address } = context;
  return (
    <SiteFrame
      context={context}
      title="Journeys"
      period="days"
      download={{ resource: "journeys", more: [["page", path]] }}
    >
      <form class="card line-form" action={address.action}>
        {address.hidden("path").map(([name, value]) => <input type="hidden" name={name} value={value} />)}
        <label for="path">Page</label>
        <input id="path" name="path" value={path} list="known" maxlength={2048} required />
        <Choices id="known" values={known} />
        <button class="button" type="submit">Show</button>
      </form>
      <Answered outcome={outcome} retry={address.with({})}>
        {(journeys) => (
          <div class="journeys">
            <Steps
              address={address}
              title="Before"
              steps={journeys.previous}
              none="The session began here"
            />
            <section class="card journey-page" aria-label="Page">
              <p class="soft">Page</p>
              <strong class="journey-path">
                <Isolated text={journeys.page} />
              </strong>
              <p>
                <strong class="figure">{formatCount(journeys.sessions)}</strong>{" "}
                <span class="soft">{journeys.sessions === 1 ? "session" : "sessions"}</span>
              </p>
            </section>
            <Steps address={address} title="After" steps={journeys.next} none="The session ended here" />
          </div>
        )}
      </Answered>
    </SiteFrame>
  );
}

function Steps(
  { address, title, steps, none }: { address: Address; title: string; steps: JourneyStep[]; none: string },
) {
  const most = Math.max(0.0001, ...steps.map(({ share }) => share));
  return (
    <section class="card panel" aria-label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
      </div>
      {steps.length === 0 ? <p class="notice">Nobody was on this page.</p> : (
        <table class="bars">
          <thead>
            <tr>
              <th scope="col">Page</th>
              <th scope="col">Times</th>
              <th scope="col">Share</th>
            </tr>
          </thead>
          <tbody>
            {steps.map(({ value, count, share }) => (
              <tr>
                <th scope="row">
                  <Bar share={share / most} />
                  {value === null
                    ? <span class="value soft">{none}</span>
                    : (
                      <a class="value" href={address.with({ path: value })} title={isolated(value)}>
                        <Isolated text={value} />
                      </a>
                    )}
                </th>
                <td>{formatCount(count)}</td>
                <td class="soft">{formatShare(share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
