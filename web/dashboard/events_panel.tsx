import type { Breakdown } from "../../db/stats/breakdown.ts";
import type { LinkKind, Links } from "../../db/stats/links.ts";
import { Isolated, isolated } from "./bidi.tsx";
import type { Address } from "./address.ts";
import { Bar, BarTable } from "./bar.tsx";
import { Empty } from "./empty.tsx";
import { NAMED_EVENTS } from "./figures.ts";
import { formatCount, formatShare } from "./format.ts";
import { shownUrl } from "./host_names.ts";
import { Answered, type Outcome } from "./outcome.tsx";
import { ValueCells } from "./panel.tsx";
import { PANELS } from "./panels.ts";
import { Part, PartLink } from "./part.tsx";

/** What the panel shows: events by name, or the links of a kind that were clicked. */
export type EventsAnswer =
  | { tab: "event"; outcome: Outcome<Breakdown> }
  | { tab: LinkKind; outcome: Outcome<Links> };

export type EventsTab = EventsAnswer["tab"];

/** The tabs of the panel, with what each counts. */
export const EVENTS_TABS: Record<EventsTab, { title: string; definition: string }> = {
  event: { title: "Events", definition: NAMED_EVENTS },
  download: { title: "Downloads", definition: "Clicks on links to files, by URL." },
  outbound: {
    title: "Outbound links",
    definition:
      "Clicks on links to hosts that are neither the page’s own nor one of the site’s domains, by URL.",
  },
};

/** What visitors did that the owner of a site asks for. */
export function EventsPanel({ address, answer }: { address: Address; answer: EventsAnswer }) {
  const { title } = PANELS.events;
  const retry = address.with({});
  return (
    <Part name="events" label={title}>
      <div class="panel-head">
        <h2 title={EVENTS_TABS[answer.tab].definition}>{title}</h2>
        <nav class="tabs" aria-label={title}>
          {(Object.keys(EVENTS_TABS) as EventsTab[]).map((tab) => (
            <PartLink
              part="events"
              href={address.with({ events: tab === "event" ? null : tab })}
              current={tab === answer.tab}
              title={EVENTS_TABS[tab].definition}
            >
              {EVENTS_TABS[tab].title}
            </PartLink>
          ))}
        </nav>
      </div>
      {answer.tab === "event"
        ? (
          <Answered outcome={answer.outcome} retry={retry}>
            {(breakdown) => <Names address={address} breakdown={breakdown} />}
          </Answered>
        )
        : (
          <Answered outcome={answer.outcome} retry={retry}>
            {(links) => <LinkRows address={address} links={links} />}
          </Answered>
        )}
      {!address.isEmbedded && (
        <p class="panel-foot">
          <a href={address.to("events")}>Events in detail</a>
        </p>
      )}
    </Part>
  );
}

function Names({ address, breakdown: { rows, total } }: { address: Address; breakdown: Breakdown }) {
  if (rows.length === 0) return <Empty address={address} what="No event of the site’s own" />;
  const most = rows[0]!.events;
  return (
    <BarTable caption="Events" columns={["Event", "Events", "Share"]}>
      {rows.map((row) => (
        <tr>
          <ValueCells {...{ address, dimension: "event", row, measure: "events", most, total }} />
        </tr>
      ))}
    </BarTable>
  );
}

function LinkRows({ address, links: { rows, clicks } }: { address: Address; links: Links }) {
  if (rows.length === 0) return <Empty address={address} what="No click on such a link" />;
  const most = rows[0]!.clicks;
  return (
    <BarTable caption="Links" columns={["Link", "Clicks", "Share"]}>
      {rows.map((row) => (
        <tr>
          <th scope="row">
            <Bar share={row.clicks / most} />
            <span class="value" title={isolated(shownUrl(row.url))}>
              <Isolated text={shownUrl(row.url).replace(/^https?:\/\//, "")} />
            </span>
          </th>
          <td>{formatCount(row.clicks)}</td>
          <td class="soft">{formatShare(row.clicks / clicks)}</td>
        </tr>
      ))}
    </BarTable>
  );
}
