import { chosenCounts, chosenElements } from "./elements.ts";
import { isSelective, type Params, type StatsQuery } from "./query.ts";
import { chosenSegments } from "./segments.ts";
import { valueIn } from "./session_values.ts";

/** What is kept of pageviews and events by value, beside the dimensions that one may ask for (etl/procedures/10_dimensions.sql). */
export type StepDimension =
  | "page"
  | "scroll_25"
  | "scroll_50"
  | "scroll_75"
  | "scroll_100"
  | "form_start"
  | "form_submit"
  | "form_abandon"
  | "form_page"
  | "form_field"
  | "revenue";

const PAYMENTS = { dimensions: ["revenue"], columns: ["dimension", "value", "amount"] } as const;

const COLUMNS = "dimension, value, sessions, pageviews, events, bounces, seconds, timed, amount";

/** Rows by dimension and value that sum up to the range: whole months as months, the days at both ends as days. */
export function rolledUp({ site, range }: StatsQuery, dimensions: readonly string[], params: Params): string {
  const [siteId, names, from, to] = [site, dimensions, range.from, range.to].map((value) =>
    params.add(value)
  );
  // The first day of the first whole month, and that of the month after the last whole one.
  const firstMonth = `date_trunc('month', ${from}::date + interval '1 month' - interval '1 day')::date`;
  const endOfMonths = `date_trunc('month', ${to}::date + interval '1 day')::date`;
  return `
      select ${COLUMNS} from monthly_dimensions
      where site_id = ${siteId} and dimension = any(${names}::text[]) and month >= ${firstMonth} and month < ${endOfMonths}
      union all
      select ${COLUMNS} from daily_dimensions
      where site_id = ${siteId} and dimension = any(${names}::text[])
        and day between ${from}::date and least(${to}::date, ${firstMonth} - 1)
      union all
      select ${COLUMNS} from daily_dimensions
      where site_id = ${siteId} and dimension = any(${names}::text[])
        and day between greatest(${from}::date, ${firstMonth}, ${endOfMonths}) and ${to}::date`;
}

/**
 * Rows by dimension and value, with `pageviews`, `events` and `amount`, that sum up to the range: rolled up ones, or with filters
 * what the chosen sessions did until a day after their day's end.
 *
 * @param values no others, where they are given
 */
export function stepRows(
  query: StatsQuery,
  dimensions: readonly StepDimension[],
  params: Params,
  values?: readonly string[],
): string {
  if (!isSelective(query)) {
    const rows = rolledUp(query, dimensions, params);
    return values === undefined
      ? rows
      : `select * from (${rows}) every_row where value = any(${params.add(values)}::text[])`;
  }
  const condition = values === undefined ? undefined : valueIn(values, params);
  const counted = dimensions.filter((dimension) => dimension !== "revenue");
  const parts = [
    ...(counted.length === 0 ? [] : [`
        select dimension, value, case when dimension = 'page' then count else 0 end as pageviews,
          case when dimension = 'page' then 0 else count end as events, 0 as amount
        from (${chosenCounts(query, { dimensions: counted, condition }, params)}
        ) counts`]),
    ...(counted.length === dimensions.length ? [] : [`
        select dimension, value, 0, 1, amount
        from (${chosenElements(query, PAYMENTS, params)}
        ) payments`]),
  ];
  return `
      select dimension, value, pageviews, events, amount
      from (
        with ${chosenSegments(query, params)}
        ${parts.join("\n        union all")}
      ) steps(dimension, value, pageviews, events, amount)`;
}
