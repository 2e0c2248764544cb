import type { EventProperties, EventProperty } from "../../db/stats/event_properties.ts";
import { Isolated, isolated } from "./bidi.tsx";
import { Bar } from "./bar.tsx";
import { Empty } from "./empty.tsx";
import { formatCount, formatShare } from "./format.ts";
import { type Address, formatFilter, isValue } from "./address.ts";
import { AUTOMATIC_EVENTS } from "./figures.ts";
import { Answered, type Outcome } from "./outcome.tsx";
import { shownUrl } from "./host_names.ts";
import { type SiteContext, SiteFrame } from "./site_frame.tsx";

/** How often events came, by their names. */
export interface EventNames {
  /** Of the site: those that it sends, and forms. */
  named: { value: string; events: number }[];
  /** Those that the tracker sends by itself. */
  automatic: { value: string; events: number }[];
}

/** The events of a site by name, and what came with those of one name. */
export function EventsPage(
  { context, names, outcome }: {
    context: SiteContext;
    names: Outcome<EventNames>;
    /** Null where there is no event. */
    outcome: Outcome<EventProperties> | null;
  },
) {
  const { address } = context;
  const chosen = outcome && "value" in outcome ? outcome.value.name : null;
  const download = chosen === null ? undefined : { resource: `events/${encodeURIComponent(chosen)}` };
  return (
    <SiteFrame context={context} title="Events" period="days" download={download}>
      <Answered outcome={names} retry={address.with({})}>
        {({ named, automatic }) =>
          named.length + automatic.length === 0 || outcome === null
            ? <Empty address={address} what="No event" kind="card notice" />
            : (
              <div class="columns">
                <nav class="card site-list" aria-label="Events">
                  <Names address={address} events={named} chosen={chosen} />
                  {automatic.length > 0 && <h2 title={AUTOMATIC_EVENTS}>By the tracker</h2>}
                  <Names address={address} events={automatic} chosen={chosen} />
                </nav>
                <Answered outcome={outcome} retry={address.with({})}>
                  {(event) => <Properties context={context} event={event} />}
                </Answered>
              </div>
            )}
      </Answered>
    </SiteFrame>
  );
}

function Names(
  { address, events, chosen }: { address: Address; events: EventNames["named"]; chosen: string | null },
) {
  return (
    <ul>
      {events.map(({ value, events }) => (
        <li>
          <a
            class="counted"
            href={address.with({ name: value })}
            aria-current={value === chosen ? "page" : undefined}
          >
            <span class="clip">
              <Isolated text={value} />
            </span>
            <span>{formatCount(events)}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function Properties({ context, event }: { context: SiteContext; event: EventProperties }) {
  const { address } = context;
  return (
    <div class="stack">
      <section class="card" aria-label={isolated(event.name)}>
        <div class="panel-head">
          <h2 class="clip">
            <Isolated text={event.name} />
          </h2>
          <a href={address.to("", { filter: formatFilter(isValue("event", event.name)) })}>
            Sessions with it
          </a>
        </div>
        <dl class="facts">
          <div>
            <dt>Events</dt>
            <dd>{formatCount(event.events)}</dd>
          </div>
          <div>
            <dt>Sessions</dt>
            <dd>{formatCount(event.sessions)}</dd>
          </div>
        </dl>
      </section>
      {event.events === 0
        ? <Empty address={address} what="No event of this name" kind="card notice" />
        : event.properties.length === 0
        ? <p class="card notice">These events came without properties.</p>
        : <div class="panels">{event.properties.map((property) => <Property property={property} />)}</div>}
    </div>
  );
}

const AT_LEAST =
  "At least: on a day of the range this value was not among the 100 most frequent, which are kept.";

function Property({ property }: { property: EventProperty }) {
  const most = Math.max(...property.values.map(({ events }) => events));
  return (
    <section class="card panel short" aria-label={isolated(property.property)}>
      <div class="panel-head">
        <h2 class="clip">
          <Isolated text={property.property} />
        </h2>
      </div>
      <table class="bars">
        <thead>
          <tr>
            <th scope="col">Value</th>
            <th scope="col">Events</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {property.values.map(({ value, events, share, atLeast }) => (
            <tr>
              <th scope="row">
                <Bar share={events / most} />
                <span class="value" title={isolated(shownUrl(value))}>
                  {value === "" ? "(empty)" : <Isolated text={shownUrl(value)} />}
                </span>
              </th>
              <td title={atLeast && AT_LEAST}>{atLeast && "≥ "}{formatCount(events)}</td>
              <td class="soft">{formatShare(share)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {property.others > 0 && <p class="note">{formatCount(property.others)} more with other values.</p>}
    </section>
  );
}
