/** Sums over chosen sessions, from bits alone where that can be: for a statement that begins with `chosenSegments`. */
import { digitSum, wholeSum } from "./digits.ts";
import { chosenElements } from "./elements.ts";
import type { Params, StatsQuery } from "./query.ts";
import { chosenSessions } from "./segments.ts";
import { PART_SUMS } from "./totals.ts";
import { ownRows, type ValueChoice, within } from "./session_values.ts";

/** The columns of a segment `v` summed up over some of its sessions. */
function sumsOf(bits: string): string {
  return `bit_count(${bits}) as sessions, ${digitSum("v.pageview_digits", bits)} as pageviews,
        ${digitSum("v.event_digits", bits)} as events, bit_count(v.bounced & ${bits}) as bounces,
        ${digitSum("v.second_digits", bits)} as seconds`;
}

/** A row a segment: `sessions`, `pageviews`, `events`, `bounces` and `seconds` of the chosen sessions. */
export function segmentSums(query: StatsQuery, params: Params, condition = "true"): string {
  return `
      select c.day, ${sumsOf("c.mask")}
      from chosen c
      join session_segments v on v.day = c.day and v.segment = c.segment and ${within(query, params)}
      where ${condition}`;
}

/** A row a value of dimensions of which a session has one value: the same, and how many sessions are `timed`: all. */
export function chosenSums(query: StatsQuery, choice: ValueChoice, params: Params): string {
  const elements = {
    ...choice,
    columns: ["value"] as const,
    sessions: ["pageviews", "events", "seconds"] as const,
  };
  return `
    select value, ${["sessions", "pageviews", "events", "bounces", "seconds"].map(wholeSum).join(", ")},
      sum(sessions::float8) as timed
    from (
      select value, ${sumsOf("bits")}
      from (
        select day, segment, value, bits & mask as bits
        from (${
    ownRows(query, choice, ["bits"], { from: "chosen", columns: ["day", "segment", "mask"] }, params)
  }
        ) own
      ) r
      join session_segments v on v.day = r.day and v.segment = r.segment and ${within(query, params)}
      union all
      select value, 1, pageviews, events, (pageviews < 2)::integer, seconds
      from (${chosenElements(query, { ...elements, rows: "shared" }, params)}
      ) rare
    ) parts
    where sessions > 0
    group by value`;
}

/** One row: the columns of `Sums` over the chosen sessions. @param condition on their day, `c.day` */
export function chosenTotals(query: StatsQuery, params: Params, condition = "true"): string {
  return `
    select v.visitors, t.*
    from (
      select count(distinct visitor) as visitors
      from (${chosenSessions(query, ["visitors"], params, condition)}
      ) visits
    ) v, (
      select ${PART_SUMS}
      from (${segmentSums(query, params, condition)}
      ) segments
    ) t`;
}
