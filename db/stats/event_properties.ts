import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { ask, askInBatches, chosenFacts, type Scope, scopeOf } from "./scope.ts";
import { sumsOfValues } from "./value_sums.ts";

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
  const [sums, properties] = await Promise.all([
    sumsOfValues(db, query, "event", [name]),
    frequentValues(db, query, name),
  ]);
  const { events, sessions } = sums.get(name) ?? { events: 0, sessions: 0 };
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

/** A value of a property, and how many of the name's events came with it; null sums up values that were not kept. */
export interface ValueCount {
  property: string;
  value: string | null;
  events: number;
}

/** Every property and value. @param take gets them in batches, the most frequent first; false ends it */
export async function everyPropertyValue(
  db: Database,
  query: StatsQuery,
  name: string,
  take: (rows: ValueCount[]) => boolean,
): Promise<void> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  await askInBatches<ValueCount>(
    db,
    `
  select property, value, sum(events) as events
  from (${countedValues(query, scope, name, params)}
  ) counts
  group by property, value
  order by sum(sum(events)) over (partition by property) desc, property collate "C", value is null, sum(events) desc, value collate "C"`,
    params,
    take,
  );
}

interface PropertyValues {
  property: string;
  values: { value: string; events: number }[];
  others: number;
}

async function frequentValues(db: Database, query: StatsQuery, name: string): Promise<PropertyValues[]> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  return await ask<PropertyValues>(
    db,
    `
  with counts as (${countedValues(query, scope, name, params)}
  ),
  ranked as (
    select property, value, events,
      row_number() over (partition by property order by value is null, events desc, value collate "C") as place
    from (select property, value, sum(events) as events from counts group by property, value) summed
  )
  select property,
    coalesce(jsonb_agg(jsonb_build_object('value', value, 'events', events) order by place)
      filter (where place <= ${TOP_VALUES} and value is not null), '[]') as values,
    coalesce(sum(events) filter (where place > ${TOP_VALUES} or value is null), 0) as others
  from ranked
  group by property
  order by sum(events) desc, property collate "C"
  limit ${TOP_PROPERTIES}`,
    params,
  );
}

/** `property`, `value` and `events`; a null value stands for rare ones. */
function countedValues(query: StatsQuery, scope: Scope, name: string, params: Params): string {
  const event = params.add(name);
  if (scope.kind === "days") {
    return `
    select property, value, events from daily_properties where ${scope.rolledUp} and event_name = ${event}
    union all
    select property, value, events from properties_of_days(${scope.site}, ${scope.openDays}, ${event})`;
  }
  return `
    select left(property.name, 100) as property, left(property.value #>> '{}', 500) as value, count(*) as events
    from (${
    chosenFacts(query, scope, "user_events", params)
  } and f.event_type = ${event} and is_own_event(f.event_type)
    ) e
    cross join lateral jsonb_each(case when jsonb_typeof(e.event_data) = 'object' then e.event_data else '{}' end) as property(name, value)
    where jsonb_typeof(property.value) in ('string', 'number', 'boolean')
    group by 1, 2`;
}
