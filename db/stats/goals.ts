import type { Asked, Database, Queryable } from "../database.ts";
import { totalsWithoutVisitors } from "./overview.ts";
import { Params, type StatsQuery } from "./query.ts";
import { revenue } from "./revenue.ts";
import { ask, scopeOf } from "./scope.ts";
import { sumsOfNamed } from "./value_sums.ts";

/** What visitors are to do: send an event of a name, or view a page. */
export type GoalTarget = { event: string; page?: undefined } | { page: string; event?: undefined };

export type Goal = { id: string; name: string } & GoalTarget;

export type GoalRow = Goal & {
  /** How often. */
  completions: number;
  /** That did it once. */
  sessions: number;
  /** 0..1, of all sessions; null where there was none. */
  rate: number | null;
  /** What its events brought in; nothing for a page. */
  revenue: { currency: string; amount: number }[];
};

/**
 * The site's goals by name, and how often they were reached. Without filters sessions count on the day on which they start, and
 * completions on their own, which may be the next one.
 */
export async function goals(db: Database, query: StatsQuery): Promise<GoalRow[]> {
  const known = await listGoals(db, query.site);
  if (known.length === 0) return [];
  const [reached, payments] = await Promise.all([reachedBy(db, query, known), revenue(db, query)]);
  const total = reached.find(({ kind }) => kind === "total")!.sessions;
  return known.map((goal) => {
    const [kind, value] = goal.page === undefined ? ["event", goal.event] : ["page", goal.page];
    const { sessions, completions } = reached.find((row) => row.kind === kind && row.value === value) ??
      { sessions: 0, completions: 0 };
    return {
      ...goal,
      completions,
      sessions,
      rate: total === 0 ? null : Math.min(sessions / total, 1),
      revenue: payments.filter(({ event }) => event === goal.event)
        .map(({ currency, amount }) => ({ currency, amount })),
    };
  });
}

interface Reached {
  kind: "page" | "event" | "total";
  value: string;
  sessions: number;
  completions: number;
}

/** One row for each page or event of a goal that occurred, and one for all sessions. */
async function reachedBy(db: Database, query: StatsQuery, goals: Goal[]): Promise<Reached[]> {
  const params = new Params();
  const scope = await scopeOf(db, query, params);
  const named = (kind: "page" | "event") => {
    const values = goals.flatMap((goal) => goal[kind] ?? []);
    return values.length === 0 ? [] : [`
  select '${kind}' as kind, value, sessions, pageviews + events as completions from (${
      sumsOfNamed(scope, kind, values, query, params)
    }) sums`];
  };
  return await ask<Reached>(
    db,
    [
      `
  select 'total' as kind, '' as value, coalesce(sum(sessions), 0) as sessions, 0 as completions from (${
        totalsWithoutVisitors(scope)
      }) totals`,
      ...named("page"),
      ...named("event"),
    ].join(`
  union all`),
    params,
  );
}

/** The site's goals by name. */
export async function listGoals(db: Asked, site: string): Promise<Goal[]> {
  const rows = await db.query<{ id: string; name: string; event: string | null; page: string | null }>(
    `select goal_id as id, name, event_name as event, canonical_path(page) as page from goals where site_id = $1 order by name collate "C"`,
    [site],
  );
  return rows.map(({ id, name, event, page }) =>
    event === null ? { id, name, page: page! } : { id, name, event }
  );
}

/** Adds a goal. Returns its id, or undefined where the site has one of this name. */
export async function addGoal(
  db: Queryable,
  site: string,
  { name, event, page }: { name: string } & GoalTarget,
): Promise<string | undefined> {
  const [added] = await db.query<{ id: string }>(
    `insert into goals (site_id, name, event_name, page) values ($1, $2, $3, canonical_path($4))
     on conflict (site_id, name) do nothing returning goal_id as id`,
    [site, name, event ?? null, page ?? null],
  );
  return added?.id;
}

/** Removes a goal. Returns whether it was there. @param id a UUID */
export async function removeGoal(db: Queryable, site: string, id: string): Promise<boolean> {
  const removed = await db.query("delete from goals where site_id = $1 and goal_id = $2 returning goal_id", [
    site,
    id,
  ]);
  return removed.length > 0;
}
