import type { Database, Queryable } from "../database.ts";
import { chosenCounts } from "./elements.ts";
import { overview } from "./overview.ts";
import { isSelective, Params, type StatsQuery } from "./query.ts";
import { revenue } from "./revenue.ts";
import { askSegments, chosenSegments } from "./segments.ts";
import { valueIn } from "./session_values.ts";

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

/** The site's goals by name, and how often they were reached. */
export async function goals(db: Database, query: StatsQuery): Promise<GoalRow[]> {
  const known = await listGoals(db, query.site);
  if (known.length === 0) return [];
  const [counts, total, payments] = await Promise.all([
    countGoals(db, query, known),
    overview(db, query),
    revenue(db, query),
  ]);
  return known.map((goal) => {
    const count = counts.find(({ dimension, value }) => value === goal[dimension]);
    const sessions = count?.sessions ?? 0;
    return {
      ...goal,
      completions: count?.completions ?? 0,
      sessions,
      rate: total.sessions === 0 ? null : Math.min(sessions / total.sessions, 1),
      revenue: payments.filter(({ event }) => event === goal.event)
        .map(({ currency, amount }) => ({ currency, amount })),
    };
  });
}

async function listGoals(db: Queryable, site: string): Promise<Goal[]> {
  const rows = await db.query<{ id: string; name: string; event: string | null; page: string | null }>(
    `select goal_id as id, name, event_name as event, page from goals where site_id = $1 order by name collate "C"`,
    [site],
  );
  return rows.map(({ id, name, event, page }) =>
    event === null ? { id, name, page: page! } : { id, name, event }
  );
}

/** Adds a goal; answers its id, or undefined where the site has one of this name. */
export async function addGoal(
  db: Queryable,
  site: string,
  { name, event, page }: { name: string } & GoalTarget,
): Promise<string | undefined> {
  const [added] = await db.query<{ id: string }>(
    `insert into goals (site_id, name, event_name, page) values ($1, $2, $3, $4)
     on conflict (site_id, name) do nothing returning goal_id as id`,
    [site, name, event ?? null, page ?? null],
  );
  return added?.id;
}

/** Forgets a goal. Answers whether it was there. @param id a UUID */
export async function removeGoal(db: Queryable, site: string, id: string): Promise<boolean> {
  const removed = await db.query("delete from goals where site_id = $1 and goal_id = $2 returning goal_id", [
    site,
    id,
  ]);
  return removed.length > 0;
}

interface GoalCount {
  dimension: "page" | "event";
  value: string;
  completions: number;
  sessions: number;
}

/**
 * However rare they are: without filters sessions count on the day on which they start, and completions on their own, which may be
 * the next one.
 */
async function countGoals(db: Database, query: StatsQuery, known: Goal[]): Promise<GoalCount[]> {
  const params = new Params();
  const chosen = chosenSegments(query, params);
  const pages = known.flatMap(({ page }) => page ?? []);
  const events = known.flatMap(({ event }) => event ?? []);
  const counts = (dimension: string, values: string[]) =>
    chosenCounts(query, { dimensions: [dimension], condition: valueIn(values, params) }, params);
  return await askSegments<GoalCount>(
    db,
    `with ${chosen},
    wanted as (
      select 'page' as dimension, unnest(${params.add(pages)}::text[]) as value
      union
      select 'event', unnest(${params.add(events)}::text[])
    ),
    counted as (${counts("page", pages)}
      union all ${counts("event", events)}
    )
    select w.dimension, w.value, ${
      completions(query, params)
    } as completions, coalesce(c.sessions, 0) as sessions
    from wanted w
    left join counted c using (dimension, value)`,
    params,
  );
}

/** Of a goal `w`, of which the chosen sessions' are counted in `c`. */
function completions(query: StatsQuery, params: Params): string {
  if (isSelective(query)) return "coalesce(c.count, 0)";
  const { site, range } = query;
  const [siteId, from, to] = [site, range.from, range.to].map((value) => params.add(value));
  return `(
      select coalesce(sum(d.count), 0) from daily_steps d
      where d.site_id = ${siteId} and d.dimension = w.dimension and d.day between ${from}::date and ${to}::date
        and hashtextextended(d.value, 0) = hashtextextended(w.value, 0) and d.value = w.value
    )`;
}
