/** What chosen sessions did, from the lists and the bits of `session_values`: for a statement that begins with `chosenSegments`. */
import { digitSum, wholeSum } from "./digits.ts";
import { isSelective, type Params, type StatsQuery } from "./query.ts";
import { joinedLists, listsOfSegment, lookedUp, type SessionList, unpacked } from "./session_lists.ts";
import { isOneValue, type ListColumn, ownRows, sharedRows, type ValueChoice } from "./session_values.ts";

/** What {@linkcode chosenElements} says of each element, beside what it looks up. */
type ElementColumn =
  | "dimension"
  | "value"
  | "day_ms"
  | "first_session"
  | "session"
  | "is_first"
  | "amount"
  | StepColumn;

/** Of steps: when, or the pages before and after it, as places in the segment's `paths` (0: none). */
type StepColumn = "moment" | "previous" | "next";

/** What {@linkcode chosenElements} reads. */
export interface Elements extends ValueChoice {
  columns: readonly ElementColumn[];
  /** Looked up in the segment for each element. */
  sessions?: readonly SessionList[];
  /** Only of the values that share rows. */
  rows?: "shared";
  /** Only the first time of a value in each session. */
  firsts?: boolean;
}

/** What is told of an element, in terms of what stands in a list: of the session its number in the segment, and its `place`, from 1. */
interface ListElements {
  list: "numbers" | "steps";
  number: string;
  place: string;
  isFirst: string;
}

const NUMBERS: ListElements = {
  list: "numbers",
  number: "element",
  place: "element + 1",
  isFirst: "element >= 0",
};
// Each further time is -1 - number.
const REPEATED_NUMBERS: ListElements = {
  ...NUMBERS,
  number: "greatest(element, -1 - element)",
  place: "greatest(element + 1, -element)",
};
// As packed_step of etl/procedures/13_session_values.sql has it.
const STEPS: ListElements = {
  list: "steps",
  number: "(element & 8191)::integer - 1",
  place: "(element & 8191)::integer",
  isFirst: "element & 8192 = 0",
};
const SAID: Record<StepColumn, string> = {
  moment: "element >> 14",
  previous: "element >> 36",
  next: "element >> 14 & 4194303",
};

/** What stands beside a value's row for a column. */
const BESIDE: Partial<Record<ElementColumn, string>> = {
  first_session: "first_session",
  session: "first_session",
  day_ms: "day_ms",
};

/** Whether only steps say it. */
function isOfSteps(column: ElementColumn): column is StepColumn {
  return column in SAID;
}

/**
 * A row for each time that a chosen session has a value, with some of `dimension`, `value`, `day_ms`, `first_session` (of its segment),
 * `session` (its number in the range), `is_first` of that value in the session, `amount` and what is said of steps, and an element of each
 * list of the segment (`visitor`, …). Of a page or an event with a row of its own each session is there once; each time is among the steps
 * (`page_step`, `page_way`, `event_step`). Of what is only ever counted there are none of most values: {@linkcode chosenCounts}.
 */
export function chosenElements(query: StatsQuery, elements: Elements, params: Params): string {
  const { columns, sessions = [] } = elements;
  const { list, number, place, isFirst } = columns.some(isOfSteps)
    ? STEPS
    : elements.firsts
    ? NUMBERS
    : REPEATED_NUMBERS;
  const lists: ListColumn[] = [list, ...(columns.includes("amount") ? ["amounts" as const] : [])];
  const conditions = [
    ...(elements.firsts ? [isFirst] : []),
    ...(isSelective(query) ? [`get_bit(mask, ${number}) = 1`] : []),
  ];
  const found = columns.filter((column) => column === "dimension" || column === "value");
  const told = ["mask", ...columns.flatMap((column) => BESIDE[column] ?? [])];
  const given = columns.map((column) =>
    column === "session"
      ? `first_session + ${number} as session`
      : column === "is_first"
      ? `${isFirst} as is_first`
      : isOfSteps(column)
      ? `${SAID[column]} as ${column}`
      : column
  );
  return `
    select ${[...given, ...lookedUp(sessions, place)].join(", ")}
    from (
      select ${[...found, ...told, ...sessions].join(", ")}, unnest(${list}) as element
        ${columns.includes("amount") ? ", unnest(amounts) as amount" : ""}
      from (${rowsOf(query, elements, lists, told, params)}
      ) r
    ) elements
    where ${conditions.join(" and ") || "true"}
    offset 0`;
}

/** The rows of values with a list of elements each, and lists of their segment's sessions. */
function rowsOf(
  query: StatsQuery,
  elements: Elements,
  lists: ListColumn[],
  told: string[],
  params: Params,
): string {
  const { sessions = [], rows } = elements;
  const beside = { from: "chosen", columns: [...new Set(["day", "segment", ...told])] };
  const isOne = rows !== "shared" && isOneValue(elements);
  const shared = sharedRows(query, elements, lists, beside, params, isOne ? "own" : undefined);
  const own = rows === "shared" ? "" : ownRows(query, elements, lists, beside, params);
  const both = rows === "shared" ? shared : isOne
    ? `
        with own as materialized (${own}
        )
        select * from own
        union all${shared}`
    : `${own}
        union all${shared}`;
  if (sessions.length === 0) return both;
  // Of one value there is a row a segment at most, so its lists are kept in memory no longer than that; of many they are fetched once.
  return `
        select r.*, ${sessions.join(", ")}
        from (${both}
        ) r
        ${
    isOne
      ? `cross join lateral (${listsOfSegment(query, sessions, "r", params)}
        ) l`
      : `join (
          select c.day, c.segment, ${sessions.map(unpacked).join(", ")}
          from chosen c
          ${joinedLists(query, sessions, "c", params)}
          offset 0
        ) l using (day, segment)`
  }`;
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
  // Of a rare page each step has 1 + the seconds on it, 0 where they are not known.
  const { list, number, isFirst } = timed ? STEPS : REPEATED_NUMBERS;
  const summed = ["sessions", "count", ...(timed ? ["seconds", "timed"] : [])];
  return `
    select dimension, value, ${summed.map(wholeSum).join(", ")}
    from (
      select dimension, value, ${first} as sessions, ${first} + ${digits("repeats")} as count
        ${timed ? `, ${digits("seconds")} as seconds, ${digits("timed")} as timed` : ""}
      from (${ownRows(query, choice, ["bits", ...slices], beside, params)}
      ) own
      union all
      select dimension, value, count(*) filter (where ${isFirst}), count(*)
        ${timed ? ", sum(greatest(element >> 14, 1) - 1), count(*) filter (where element >> 14 > 0)" : ""}
      from (
        select dimension, value, mask, unnest(${list}) as element
        from (${sharedRows(query, choice, [list], beside, params)}
        ) shared
      ) elements
      where ${isFiltered ? `get_bit(mask, ${number}) = 1` : "true"}
      group by dimension, value
    ) counts
    where count > 0
    group by dimension, value`;
}
