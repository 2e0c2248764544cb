import type { Breakdown } from "../../db/stats/breakdown.ts";
import type { Dimension } from "../../db/stats/query.ts";
import type { Address } from "./address.ts";
import { Empty } from "./empty.tsx";
import { formatCount, formatFigure } from "./format.ts";
import { MEANINGS } from "./meanings.ts";
import { DIMENSION_NAMES } from "./names.ts";
import { Answered, type Outcome } from "./outcome.tsx";
import { ValueCells } from "./panel.tsx";
import { measureOf, type PanelName, PANELS } from "./panels.ts";
import { type SiteContext, SiteFrame } from "./site_frame.tsx";

/** How many values a page of the list has. */
export const PAGE_SIZE = 50;

/** Every value of a dimension, with search and pages. */
export function ListPage(
  { context, dimension, page, outcome }: {
    context: SiteContext;
    dimension: Dimension;
    /** From 1 on. */
    page: number;
    outcome: Outcome<Breakdown>;
  },
) {
  const { address } = context;
  const { many } = DIMENSION_NAMES[dimension];
  const text = address.get("search");
  const search: [string, string][] = text ? [["search", text.slice(0, 200)]] : [];
  return (
    <SiteFrame
      context={context}
      title={many}
      period="days"
      download={{ resource: `breakdown/${dimension}`, more: [...search, ["visitors", "true"]] }}
    >
      <section class="card list" aria-label={many}>
        <div class="panel-head">
          <h2>{many}</h2>
          <Siblings address={address} dimension={dimension} />
        </div>
        <form class="search" role="search" action={address.action}>
          {address.hidden("search").map(([name, value]) => <input type="hidden" name={name} value={value} />)}
          <input
            type="search"
            name="search"
            value={address.get("search") ?? ""}
            placeholder={`Search ${many.toLowerCase()}`}
            aria-label={`Search ${many.toLowerCase()}`}
            maxlength={200}
          />
          <button class="button quiet" type="submit">Search</button>
        </form>
        <Answered outcome={outcome} retry={address.with({})}>
          {(breakdown) => <List address={address} dimension={dimension} breakdown={breakdown} page={page} />}
        </Answered>
      </section>
    </SiteFrame>
  );
}

/** The other lists of the same panel. */
function Siblings({ address, dimension }: { address: Address; dimension: Dimension }) {
  const panels: PanelName[] = Object.values(PANELS);
  const dimensions = panels.map(({ tabs }) => tabs.flatMap((tab) => tab.dimensions))
    .find((dimensions) => dimensions.includes(dimension))!;
  if (dimensions.length === 1) return null;
  return (
    <nav class="tabs" aria-label="Lists">
      {dimensions.map((other) => (
        <a href={address.to(other)} aria-current={other === dimension ? "page" : undefined}>
          {DIMENSION_NAMES[other].many}
        </a>
      ))}
    </nav>
  );
}

function List(
  { address, dimension, breakdown, page }: {
    address: Address;
    dimension: Dimension;
    breakdown: Breakdown;
    page: number;
  },
) {
  const { rows, total, count } = breakdown;
  if (rows.length === 0) {
    if (page > 1 && count > 0) {
      return (
        <p class="notice">
          The list has no page {page}. <a href={address.with({ page: null })}>Its first page</a>
        </p>
      );
    }
    return address.get("search") ? <p class="notice">Nothing of that name.</p> : <Empty address={address} />;
  }
  const measure = measureOf(dimension);
  const most = Math.max(...rows.map((row) => row[measure]));
  const isEvent = dimension === "event";
  const isPage = dimension === "page";
  const isOfSessions = !isEvent && !isPage;
  return (
    <>
      <div class="scroll" tabindex={0} role="region" aria-label={DIMENSION_NAMES[dimension].many}>
        <table class="bars wide-bars stacked">
          <thead>
            <tr>
              <th scope="col">{DIMENSION_NAMES[dimension].one}</th>
              <th scope="col">{{ sessions: "Sessions", pageviews: "Views", events: "Events" }[measure]}</th>
              <th scope="col">Share</th>
              <th scope="col">Visitors</th>
              {!isOfSessions && <th scope="col">Sessions</th>}
              {isOfSessions && <th scope="col">Pageviews</th>}
              {isOfSessions && <th scope="col">Bounce rate</th>}
              {!isEvent && (
                <th scope="col" title={MEANINGS[isPage ? "pageEngaged" : "engagedSeconds"]}>Engaged time</th>
              )}
              {!isEvent && (
                <th scope="col" title={MEANINGS[isPage ? "pageSeconds" : "sessionSeconds"]}>
                  {isPage ? "Mean time" : "Mean duration"}
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr>
                <ValueCells {...{ address, dimension, row, measure, most, total }} />
                <td>{formatFigure(row.visitors, "count")}</td>
                {!isOfSessions && <td>{formatCount(row.sessions)}</td>}
                {isOfSessions && <td>{formatCount(row.pageviews)}</td>}
                {isOfSessions && <td>{formatFigure(row.bounceRate, "share")}</td>}
                {!isEvent && <td>{formatFigure(row.engagedSeconds, "seconds")}</td>}
                {!isEvent && <td>{formatFigure(row.seconds, "seconds")}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Pages address={address} page={page} count={count} shown={rows.length} />
    </>
  );
}

function Pages(
  { address, page, count, shown }: { address: Address; page: number; count: number; shown: number },
) {
  const first = (page - 1) * PAGE_SIZE + 1;
  return (
    <nav class="pages" aria-label="Pages of the list">
      <span>
        {formatCount(first)}–{formatCount(first + shown - 1)} of {formatCount(count)}
      </span>
      {page > 1 && (
        <a href={address.with({ page: page === 2 ? null : String(page - 1) })} rel="prev">Previous</a>
      )}
      {page * PAGE_SIZE < count && <a href={address.with({ page: String(page + 1) })} rel="next">Next</a>}
    </nav>
  );
}
