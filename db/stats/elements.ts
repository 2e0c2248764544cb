/** What chosen sessions did, from the lists and the bits of `session_values`: for a statement that begins with `chosenSegments`. */
import { digitSum } from "./digits.ts";
import { isSelective, type Params, type StatsQuery } from "./query.ts";
import { lookedUp, type SegmentColumn, withColumns } from "./segments.ts";
import { type ListColumn, ownRows, sharedRows, type ValueChoice } from "./session_values.ts";

/** What {@linkcode chosenElements} says of each element, beside what it looks up. */
type ElementColumn = "dimension" | "value" | "day_ms" | "first_session" | "session" | "is_first";

/** What {@linkcode chosenElements} reads. */
export interface Elements extends ValueChoice {
  columns: readonly ElementColumn[];
  lists?: readonly Exclude<ListColumn, "numbers">[];
  /** Looked up in the segment for each element. */
  sessions?: readonly SegmentColumn[];
  /** Only of the values that share rows. */
  rows?: "shared";
  /** Only the first time of a value in each session. */
  firsts?: boolean;
}

const ELEMENT_OF: Record<Exclude<ListColumn, "numbers">, string> = {
  moments: "moment",
  time_on_page: "time_on_page",
  previous: "previous",
  next: "next",
  amounts: "amount",
};

/** The session's number in its segment: each further time is -1 - number. */
const NUMBER = "greatest(number, -1 - number)";

/** What stands beside a value's row for a column. */
const BESIDE: Partial<Record<ElementColumn, string>> = {
  first_session: "first_session",
  session: "first_session",
  day_ms: "day_ms",
};

/**
 * A row for each time that a chosen session has a value, with some of `dimension`, `value`, `day_ms`, `first_session` (of its segment),
 * `session` (its number in the range), `is_first` of that value in the session, and an element of each list (`moment`, …) and column of the
 * segment (`visitor`, …). Of what is only ever counted there are none of most values: {@linkcode chosenCounts}.
 */
export function chosenElements(query: StatsQuery, elements: Elements, params: Params): string {
  const { columns, lists = [], sessions = [] } = elements;
  const number = elements.firsts ? "number" : NUMBER;
  const conditions = [
    ...(elements.firsts ? ["number >= 0"] : []),
    ...(isSelective(query) ? [`get_bit(mask, ${number}) = 1`] : []),
  ];
  const names = ["numbers", ...lists] as const;
  const found = columns.filter((column) => column === "dimension" || column === "value");
  const beside = {
    from: sessions.length === 0 ? "chosen" : `(${withColumns(query, sessions, params)}
        offset 0
      )`,
    columns: ["mask", ...columns.flatMap((column) => BESIDE[column] ?? []), ...sessions],
  };
  const rows = [
    ...(elements.rows === "shared" ? [] : [ownRows(query, elements, names, beside, params)]),
    sharedRows(query, elements, names, beside, params),
  ];
  const given = columns.map((column) =>
    column === "session"
      ? `first_session + ${number} as session`
      : column === "is_first"
      ? "number >= 0 as is_first"
      : column
  );
  return `
    select ${[...given, ...lists.map((list) => ELEMENT_OF[list]), ...lookedUp(sessions, number)].join(", ")}
    from (
      select ${[...found, ...beside.columns].join(", ")}, unnest(numbers) as number
        ${lists.map((list) => `, unnest(${list}) as ${ELEMENT_OF[list]}`).join("")}
      from (${rows.join("\n        union all")}
      ) r
    ) elements
    where ${conditions.join(" and ") || "true"}
    offset 0`;
}

/**
 * A row a value that a chosen session has: `dimension`, `value`, in how many `sessions` it is and its `count`; with `timed`, of pages,
 * also the `seconds` on them, and how many of the views are `timed`.
 */
export function chosenCounts(
  query: StatsQuery,
  choice: ValueChoice & { timed?: boolean },
  params: Params,
): string {
  const { timed = false } = choice;
  const isFiltered = isSelective(query);
  const first = isFiltered ? "bit_count(bits & mask)" : "bit_count(bits)";
  const digits = (column: string) => digitSum(column, isFiltered ? "mask" : undefined);
  const beside = { from: "chosen", columns: ["mask"] };
  const slices = ["repeats", ...(timed ? ["seconds", "timed"] : [])];
  const lists = ["numbers", ...(timed ? ["time_on_page"] : [])] as ListColumn[];
  return `
    select dimension, value, sum(sessions) as sessions, sum(count) as count
      ${timed ? ", sum(seconds) as seconds, sum(timed) as timed" : ""}
    from (
      select dimension, value, ${first} as sessions, ${first} + ${digits("repeats")} as count
        ${timed ? `, ${digits("seconds")} as seconds, ${digits("timed")} as timed` : ""}
      from (${ownRows(query, choice, ["bits", ...slices], beside, params)}
      ) own
      union all
      select dimension, value, count(*) filter (where number >= 0), count(*)
        ${timed ? ", coalesce(sum(time_on_page), 0), count(time_on_page)" : ""}
      from (
        select dimension, value, mask, ${lists.map((list) => `unnest(${list}) as ${list}`).join(", ")}
        from (${sharedRows(query, choice, lists, beside, params)}
        ) shared
      ) elements(dimension, value, mask, number${timed ? ", time_on_page" : ""})
      where ${isFiltered ? `get_bit(mask, ${NUMBER}) = 1` : "true"}
      group by dimension, value
    ) counts
    where count > 0
    group by dimension, value`;
}
