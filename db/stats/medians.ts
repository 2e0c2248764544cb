import type { Database } from "../database.ts";
import { Params, type StatsQuery } from "./query.ts";
import { ask, type Scope, scopeOf } from "./scope.ts";

/** Half of the sessions are shorter; a few very long ones do not move them. In seconds; null without a session. */
export interface Medians {
  /** Of durations. */
  sessionSeconds: number | null;
  /** Of engaged times, of the sessions whose tracker measures them. */
  engagedSeconds: number | null;
}

/** The medians of the sessions that start in the range. */
export async function medians(db: Database, query: StatsQuery): Promise<Medians> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  const [found] = await ask<Medians>(
    db,
    `
  with counts as (
    select dimension, seconds, sum(sessions) as sessions from (${countsBySeconds(scope)}
    ) parts
    group by dimension, seconds
  ),
  -- How many are as short or shorter, and how many there are.
  ranks as (
    select *, sum(sessions) over (partition by dimension order by seconds) as upto, sum(sessions) over (partition by dimension) as everything
    from counts
  ),
  middles as (
    select dimension,
      (min(seconds) filter (where upto * 2 >= everything) + min(seconds) filter (where upto * 2 > everything)) / 2.0 as median
    from ranks
    group by dimension
  )
  select
    (select median::float8 from middles where dimension = 'duration') as "sessionSeconds",
    (select median::float8 from middles where dimension = 'engaged') as "engagedSeconds"`,
    params,
  );
  return found!;
}

/** SQL for how many sessions have a duration, or an engaged time, of so many seconds. */
function countsBySeconds(scope: Scope): string {
  const ofSessions = (sessions: string) => `
      select t.dimension, t.seconds, count(*) as sessions
      from ${sessions}
      cross join lateral (values ('duration', s.duration_seconds), ('engaged', s.engaged_seconds)) as t(dimension, seconds)
      where t.seconds is not null
      group by 1, 2`;
  if (scope.kind === "rows") {
    return ofSessions(`(select * from session_rows s where ${scope.where}) s`);
  }
  const named = "dimension in ('duration', 'engaged')";
  return `
      select dimension, value_id as seconds, sessions from daily_value_sums where ${scope.rolledUp} and ${named}
      union all
      select dimension, value_id, sessions from hourly_value_sums where ${scope.inRolledHours} and ${named}
      union all
      ${
    ofSessions(
      `${scope.openPeriods} p cross join lateral sessions_starting(${scope.site}, p.starts, p.ends) s`,
    )
  }`;
}
