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
  values: (CountedValue & { share: number })[];
  /** With a value that is not among these. */
  others: number;
}

export interface CountedValue {
  value: string;
  events: number;
  /** There may have been more: on a day of the range the value was not among the 100 that are kept of the property. */
  atLeast?: true;
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
  /** As that of {@linkcode CountedValue}. */
  atLeast: boolean;
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
  select property, value, events, ${AT_LEAST} as "atLeast"
  from (${summedValues(query, scope, name, params)}
  ) summed
  order by sum(events) over (partition by property) desc, property collate "C", value is null, events desc, value collate "C"`,
    params,
    take,
  );
}

interface PropertyValues {
  property: string;
  values: CountedValue[];
  others: number;
}

async function frequentValues(db: Database, query: StatsQuery, name: string): Promise<PropertyValues[]> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  return await ask<PropertyValues>(
    db,
    `
  with ranked as (
    select property, value, events, ${AT_LEAST} as at_least,
      row_number() over (partition by property order by value is null, events desc, value collate "C") as place
    from (${summedValues(query, scope, name, params)}
    ) summed
  )
  select property,
    coalesce(jsonb_agg(
      jsonb_build_object('value', value, 'events', events) || case when at_least then '{"atLeast": true}' else '{}' end::jsonb order by place
    ) filter (where place <= ${TOP_VALUES} and value is not null), '[]') as values,
    coalesce(sum(events) filter (where place > ${TOP_VALUES} or value is null), 0) as others
  from ranked
  group by property
  order by sum(events) desc, property collate "C"
  limit ${TOP_PROPERTIES}`,
    params,
  );
}

/** Over {@linkcode summedValues}. */
const AT_LEAST = "value is not null and cut_days < max(cut_days) over (partition by property)";

/** `property`, `value`, `events`, and on how many of the days on which values were left out this one was kept. */
function summedValues(query: StatsQuery, scope: Scope, name: string, params: Params): string {
  return `
    select property, value, sum(events) as events, count(*) filter (where is_cut) as cut_days
    from (
      select property, value, events, bool_or(value is null) over (partition by property, day) as is_cut
      from (${countedValues(query, scope, name, params)}
      ) counts
    ) marked
    group by property, value`;
}

/** `property`, `value`, `events` and `day`; a null value stands for rare ones of a day. */
function countedValues(query: StatsQuery, scope: Scope, name: string, params: Params): string {
  const event = params.add(name);
  if (scope.kind === "days") {
    return `
    select property, value, events, day from daily_properties where ${scope.rolledUp} and event_name = ${event}
    union all
    select property, value, events, day from properties_of_days(${scope.site}, ${scope.openDays}, ${event})`;
  }
  return `
    select left(property.name, 100) as property, left(property.value #>> '{}', 500) as value, count(*) as events, null::date as day
    from (${
    chosenFacts(query, scope, "user_events", params)
  } and f.event_type = ${event} and is_own_event(f.event_type)
    ) e
    cross join lateral jsonb_each(case when jsonb_typeof(e.event_data) = 'object' then e.event_data else '{}' end) as property(name, value)
    where jsonb_typeof(property.value) in ('string', 'number', 'boolean')
    group by 1, 2`;
}
