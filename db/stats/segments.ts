/**
 * Questions about chosen sessions are put to `session_segments` and `session_values` (migrations/0015_lists_apart.sql): filters become
 * a bit a session, and what is asked stands in bits and lists beside them. All of this is SQL for a statement that begins with
 * {@linkcode chosenSegments}.
 */
import type { Database } from "../database.ts";
import { DIMENSIONS, escapeLike, type Filter, isSelective, type Params, type StatsQuery } from "./query.ts";
import { joinedLists, lookedUp, type SessionList, unpacked } from "./session_lists.ts";
import { isOneValue, ownRows, sharedRows, valueIn, valueIs, valueLike, within } from "./session_values.ts";

/**
 * Common table expressions, the last of which is `chosen`: of each segment in the range its `day`, when that begins (`day_ms`, since
 * the epoch), `segment`, number of `sessions`, `first_session` (the sessions of the range, numbered: a segment has 4,096 numbers),
 * and `mask`: a bit a session, set where it fits the filters and is of the half; null where there are neither.
 */
export function chosenSegments(query: StatsQuery, params: Params): string {
  const { filters, half } = query;
  // Bits that are alike are stored packed, and `get_bit` would unpack them for each one that it gets: so they are made anew.
  const ofHalf = half === 0 ? "~v.odd" : "~(~v.odd)";
  const masks = filters.map(({ operator }, i) =>
    `${operator.endsWith("_not") ? "~" : ""}coalesce(f${i}.bits, g.none)`
  );
  if (half !== undefined) masks.unshift("g.of_half");
  const joins = filters.map((filter, i) =>
    `left join (${holders(query, filter, params)}
    ) f${i} on f${i}.day = g.day and f${i}.segment = g.segment`
  );
  return `
  all_segments as materialized (
    select v.day, v.segment, v.sessions, ${ofHalf} as of_half, repeat('0', v.sessions)::bit varying as none,
      (row_number() over (order by v.day, v.segment) - 1) << 12 as first_session,
      (extract(epoch from v.day::timestamp at time zone ${
    params.add(query.timezone)
  }) * 1000)::bigint as day_ms
    from session_segments v
    where ${within(query, params)}${
    half === undefined ? "" : ` and bit_count(v.odd) ${["< v.sessions", "> 0"][half]}`
  }
  ),
  chosen as materialized (
    select g.day, g.segment, g.sessions, g.day_ms, g.first_session, ${
    masks.join(" & ") || "null::bit varying"
  } as mask
    from all_segments g
    ${joins.join("\n    ")}
  )`;
}

/** `day`, `segment` and the `bits` of the sessions that have a value as the filter says, were it not negated. */
function holders(query: StatsQuery, { dimension, operator, values }: Filter, params: Params): string {
  // A name that is none of ours must not be looked for, whoever called us.
  if (!DIMENSIONS.includes(dimension)) throw new TypeError(`There is no dimension ${dimension}`);
  const condition = !operator.startsWith("is")
    ? valueLike(params.add(values.map((value) => `%${escapeLike(value)}%`)))
    : values.length === 1
    ? valueIs(`${params.add(values[0])}::text`)
    : valueIn(values, params);
  const choice = { dimensions: [dimension], condition };
  const beside = { from: "all_segments", columns: ["day", "segment"] };
  return `
      with own as materialized (${ownRows(query, choice, ["bits"], beside, params)}
      )
      select day, segment, bit_or(bits) as bits
      from (
        select day, segment, bits from own
        union all
        select day, segment, bit_or(set_bit(none, number, 1))
        from (
          select day, segment, none, unnest(numbers) as number
          from (${
    sharedRows(
      query,
      choice,
      ["numbers"],
      { ...beside, columns: [...beside.columns, "none"] },
      params,
      isOneValue(choice) ? "own" : undefined,
    )
  }
          ) shared
        ) numbers
        where number >= 0
        group by day, segment
      ) found
      group by day, segment`;
}

/** A row a chosen session: its `day`, `segment`, `number`, and `columns` of it (`visitor`, …). @param condition on its day, `c.day` */
export function chosenSessions(
  query: StatsQuery,
  columns: readonly SessionList[],
  params: Params,
  condition = "true",
): string {
  return `
    select ${["day", "segment", "number", ...lookedUp(columns, "number + 1")].join(", ")}
    from (
      select c.*, generate_series(0, c.sessions - 1) as number
      from (
        select c.*${columns.map((column) => `, ${unpacked(column)}`).join("")}
        from chosen c
        ${joinedLists(query, columns, "c", params)}
        where ${condition}
        offset 0
      ) c
    ) numbered
    where ${isSelective(query) ? "get_bit(mask, number) = 1" : "true"}
    offset 0`;
}

// What is sorted and hashed for a year of two million sessions stays in memory.
const SETTINGS = `
  set local work_mem = '64MB';
  -- Nobody can tell beforehand how many elements a list has, and a few rows less than there are would be joined in a loop.
  set local enable_nestloop = off;
  -- … or sorted where a hash groups them in a third of the time.
  set local enable_sort = off`;

/** The rows of a statement that begins with {@linkcode chosenSegments}. */
export function askSegments<T>(db: Database, sql: string, params: Params): Promise<T[]> {
  return db.transaction(async (tx) => {
    await tx.exec(SETTINGS);
    return await tx.query<T>(sql, params.values);
  });
}

/** The same of one that only does where the query is about some sessions. */
export function askRows<T>(db: Database, query: StatsQuery, sql: string, params: Params): Promise<T[]> {
  return isSelective(query) ? askSegments<T>(db, sql, params) : db.query<T>(inOneProcess(sql), params.values);
}

/**
 * What is rolled up is read in less time than the server takes to start more processes for it, 40 ms on two cores. It starts none for
 * a statement that names a function which writes; nothing asks for this one's row, so it is never called.
 */
function inOneProcess(sql: string): string {
  const one = "in_one_process as (select set_config('footfall.processes', '1', true))";
  const [, tables] = /^\s*with\s(.*)$/s.exec(sql) ?? [];
  return tables === undefined ? `with ${one} ${sql}` : `with ${one}, ${tables}`;
}
