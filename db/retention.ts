import type { Asked, Row } from "./database.ts";

/** Something that the nightly cleanup would remove. */
export interface Removal {
  /** A table, or a month of one. */
  what: string;
  /** As Postgres estimates it for whole months, else counted. */
  rows: number;
  /** What goes back to the disk at once; what is deleted row by row makes room for later rows. */
  freed: string;
}

/** What `purge_processed_events` would remove now, in its own order. Removes nothing. */
export async function previewRetention(db: Asked, retentionDays: number): Promise<Removal[]> {
  return await db.query<Removal & Row>(
    `with cutoff as (select now() - make_interval(days => $1) as at),
     months as (
       select m.name, m.ends, greatest(c.reltuples, 0)::bigint as row_count, pg_total_relation_size(c.oid) as bytes
       from events_log_months() m join pg_class c on c.oid = to_regclass(m.name)
     ),
     bounds as (
       select min(ends) - interval '1 month' as first, max(ends) filter (where ends <= (select at from cutoff)) as last from months
     )
     select name as what, row_count as rows, pg_size_pretty(bytes) as freed from months where ends <= (select at from cutoff)
     union all
     select * from (
       select 'events_log, row by row', count(*), ''
       from events_log, bounds
       where processed_at is not null and created_at < (select at from cutoff)
         and (last is null or processed_at < first or processed_at >= last)
     ) single
     union all
     select 'failed_events', count(*), '' from failed_events where failed_at < (select at from cutoff)
     union all
     select 'job_runs', count(*), '' from job_runs where started_at < now() - interval '30 days'
     union all
     select 'visitor_salts', count(*), '' from visitor_salts where day < (now() at time zone 'UTC')::date - 1`,
    [retentionDays],
  );
}

/** Removes it. Answers how many raw events went; whole months as Postgres estimates them. */
export async function applyRetention(db: Asked, retentionDays: number): Promise<number> {
  const [row] = await db.query<{ purged: number }>("select purge_processed_events($1) as purged", [
    retentionDays,
  ]);
  return row!.purged;
}
