import type { Database } from "../database.ts";
import { chosenCounts } from "./elements.ts";
import { isSelective, Params, type StatsQuery } from "./query.ts";
import { rolledUp } from "./rolled_up.ts";
import { askRows, chosenSegments } from "./segments.ts";
import { valueIn } from "./session_values.ts";

/** The events of a name, and what came with them. */
export interface EventProperties {
  name: string;
  events: number;
  /** That had such an event. */
  sessions: number;
  properties: EventProperty[];
}

export interface EventProperty {
  property: string;
  /** The most frequent; `share` is 0..1 of the name's events. */
  values: { value: string; events: number; share: number }[];
  /** With a value that is not among these. */
  others: number;
}

const TOP_PROPERTIES = 50;
const TOP_VALUES = 20;

/** What came with the events of a name: each property's most frequent values. */
export async function eventProperties(
  db: Database,
  query: StatsQuery,
  name: string,
): Promise<EventProperties> {
  const params = new Params();
  const filtered = isSelective(query);
  const [answer] = await askRows<
    {
      events: number;
      sessions: number;
      properties: { property: string; values: { value: string; events: number }[]; others: number }[];
    }
  >(
    db,
    query,
    `
  with ${filtered ? `${chosenSegments(query, params)},` : ""}
  counts as materialized (${
      filtered ? chosenValues(query, name, params) : rolledUpValues(query, name, params)
    }
  ),
  ranked as (
    select property, value, events,
      row_number() over (partition by property order by value is null, events desc, value collate "C") as place,
      sum(events) over (partition by property) as property_events
    from counts
  ),
  properties as (
    select property, max(property_events) as events,
      jsonb_agg(jsonb_build_object('value', value, 'events', events) order by place)
        filter (where place <= ${TOP_VALUES} and value is not null) as values,
      coalesce(sum(events) filter (where place > ${TOP_VALUES} or value is null), 0) as others
    from ranked
    group by property
    order by max(property_events) desc, property collate "C"
    limit ${TOP_PROPERTIES}
  )
  select t.events, t.sessions, (
    select coalesce(jsonb_agg(jsonb_build_object('property', property, 'values', coalesce(values, '[]'), 'others', others)
      order by events desc, property collate "C"), '[]') from properties
  ) as properties
  from (${filtered ? chosenTotal(query, name, params) : rolledUpTotal(query, name, params)}
  ) t`,
    params,
  );
  const { events, sessions, properties } = answer!;
  return {
    name,
    events,
    sessions,
    properties: properties.map(({ property, values, others }) => ({
      property,
      values: values.map((value) => ({ ...value, share: Math.min(value.events / events, 1) })),
      others,
    })),
  };
}

function rolledUpValues({ site, range }: StatsQuery, name: string, params: Params): string {
  const [siteId, event, from, to] = [site, name, range.from, range.to].map((value) => params.add(value));
  return `
    select property, value, sum(events) as events
    from daily_properties
    where site_id = ${siteId} and event_name = ${event} and day between ${from}::date and ${to}::date
    group by property, value`;
}

function rolledUpTotal(query: StatsQuery, name: string, params: Params): string {
  return `
    select coalesce(sum(events), 0) as events, coalesce(sum(sessions), 0) as sessions
    from (${rolledUp(query, ["event"], params)}
    ) parts
    where value = ${params.add(name)}`;
}

function chosenValues(query: StatsQuery, name: string, params: Params): string {
  return `
    select value::jsonb ->> 0 as property, value::jsonb ->> 1 as value, sum(count) as events
    from (${chosenCounts(query, { dimensions: [`property:${name}`] }, params)}
    ) properties
    group by 1, 2`;
}

function chosenTotal(query: StatsQuery, name: string, params: Params): string {
  const choice = { dimensions: ["event"], condition: valueIn([name], params) };
  return `
    select coalesce(sum(count), 0) as events, coalesce(sum(sessions), 0) as sessions
    from (${chosenCounts(query, choice, params)}
    ) named`;
}
