import type { ScrollRow } from "../../db/stats/scroll.ts";
import type { Address } from "./address.ts";
import { Bar } from "./bar.tsx";
import { Empty } from "./empty.tsx";
import { formatCount, formatShare } from "./format.ts";
import { Answered, type Outcome } from "./outcome.tsx";
import { ValueLink } from "./panel.tsx";
import { type SiteContext, SiteFrame } from "./site_frame.tsx";

const DEPTHS = ["25", "50", "75", "100"] as const;

/** How far down the views of each page got. */
export function ScrollPage({ context, outcome }: { context: SiteContext; outcome: Outcome<ScrollRow[]> }) {
  const { address } = context;
  return (
    <SiteFrame context={context} title="Scroll" period="days" download={{ resource: "scroll" }}>
      <section class="card" aria-label="Scroll depth">
        <div class="panel-head">
          <h2>Scroll depth</h2>
          <p class="soft small">
            Of the views of a page, the share that reached a quarter of it, a half, …, its end
          </p>
        </div>
        <Answered outcome={outcome} retry={address.with({})}>
          {(rows) =>
            rows.length === 0 ? <Empty address={address} /> : <Depths address={address} rows={rows} />}
        </Answered>
      </section>
    </SiteFrame>
  );
}

function Depths({ address, rows }: { address: Address; rows: ScrollRow[] }) {
  return (
    <div class="scroll" tabindex={0} role="region" aria-label="Scroll depth by page">
      <table class="bars depths stacked">
        <thead>
          <tr>
            <th scope="col">Page</th>
            <th scope="col">Views</th>
            {DEPTHS.map((depth) => <th scope="col" class="at-depth">{depth}%</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ value, pageviews, reached }) => (
            <tr>
              <th scope="row">
                <ValueLink address={address} dimension="page" value={value} />
              </th>
              <td>{formatCount(pageviews)}</td>
              {DEPTHS.map((depth) => (
                <td class="depth">
                  <Bar share={reached[depth]} />
                  <span>{formatShare(reached[depth])}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
