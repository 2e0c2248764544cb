/** What is told of each session of a segment, in lists side by side: the rows of `session_visitors` and `session_counts`. */
import type { Params, StatsQuery } from "./query.ts";
import { within } from "./session_values.ts";

export type SessionList = "visitors" | "first_days" | "started_ms" | "pageviews" | "events" | "seconds";

const TABLE_OF: Record<SessionList, string> = {
  visitors: "session_visitors",
  first_days: "session_visitors",
  started_ms: "session_visitors",
  pageviews: "session_counts",
  events: "session_counts",
  seconds: "session_counts",
};

const ELEMENT_OF: Record<SessionList, string> = {
  visitors: "visitor",
  first_days: "first_day",
  started_ms: "started_ms",
  pageviews: "pageviews",
  events: "events",
  seconds: "seconds",
};

/** The list as a column, in memory: with `offset 0` behind that it is fetched once. */
export function unpacked(list: SessionList): string {
  return `${TABLE_OF[list]}.${list} || '{}' as ${list}`;
}

/** Joins of the tables that have these lists with `segments`, a table of `day` and `segment`. */
export function joinedLists(
  query: StatsQuery,
  lists: readonly SessionList[],
  segments: string,
  params: Params,
): string {
  return tablesOf(lists).map((table) => `join ${table} on ${isOf(query, table, segments, params)}`).join(
    "\n        ",
  );
}

/** The lists of the segment whose `day` and `segment` the statement around it has: a row. */
export function listsOfSegment(
  query: StatsQuery,
  lists: readonly SessionList[],
  around: string,
  params: Params,
): string {
  const tables = tablesOf(lists);
  return `
          select ${lists.map(unpacked).join(", ")}
          from ${tables.join(", ")}
          where ${tables.map((table) => isOf(query, table, around, params)).join(" and ")}
          offset 0`;
}

/** Of the lists of a segment what stands at this place, from 1. */
export function lookedUp(lists: readonly SessionList[], place: string): string[] {
  return lists.map((list) => `${list}[${place}] as ${ELEMENT_OF[list]}`);
}

function tablesOf(lists: readonly SessionList[]): string[] {
  return [...new Set(lists.map((list) => TABLE_OF[list]))];
}

function isOf(query: StatsQuery, table: string, segments: string, params: Params): string {
  return `${table}.day = ${segments}.day and ${table}.segment = ${segments}.segment and ${
    within(query, params, table)
  }`;
}
