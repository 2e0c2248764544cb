import type { Asked, Row } from "./database.ts";

/** Something that the nightly cleanup would remove. */
export interface Removal {
  /** A table, or a partition of the raw events. */
  what: string;
  /** Whose rows; null where the rows belong to no site, or there are none. */
  site: string | null;
  rows: number;
  /** Of raw events: their share of the partition's size, indexes included. */
  bytes: number | null;
  /** `dropped` gives it back to the disk at once, `deleted` makes room for later rows. */
  how: "dropped" | "deleted";
}

/** What {@linkcode applyRetention} would remove now. Removes nothing. */
export async function previewRetention(db: Asked, retentionDays: number): Promise<Removal[]> {
  return await db.query<Removal & Row>("select * from expected_removals($1)", [retentionDays]);
}

/** Answers the value of an expression of SQL, committed; null where it may not be asked for now. */
export type AskValue = <T>(expression: string, params: unknown[]) => Promise<T | null>;

// Times are passed on as Postgres wrote them: a Date would lose their microseconds.
interface Expired {
  partition: string;
  site_id: string;
  oldest: string;
  cutoff: string;
}

// Rows that go in one transaction: 0.13 s beside collecting, which could not be told to be slower (docs/operations.md).
const PIECE = 10_000;

/**
 * Removes what is past its retention: first whole months, then the other rows piece by piece, each in a transaction of
 * its own. Answers how many raw events went; those of whole months as Postgres estimates them.
 *
 * @param retentionDays of the sites that have no retention of their own
 * @param signal stops it between two pieces
 */
export async function applyRetention(
  ask: AskValue,
  retentionDays: number,
  signal?: AbortSignal,
): Promise<number> {
  const dropped = await ask<number>("drop_expired_months($1)", [retentionDays]);
  if (dropped === null) return 0;
  await ask("make_months_ahead()", []);
  const expired = await ask<Expired[]>(
    "(select coalesce(json_agg(expired), '[]') from expired_events($1) expired)",
    [retentionDays],
  );
  let removed = dropped;
  for (const { partition, site_id, oldest, cutoff } of expired ?? []) {
    for (let since: string | null = oldest; since !== null && !signal?.aborted;) {
      const piece: { rows: number; reached: string | null } | null = await ask(
        "(select to_json(piece) from delete_expired_piece($1, $2, $3, $4, $5) piece)",
        [partition, site_id, since, cutoff, PIECE],
      );
      removed += piece?.rows ?? 0;
      since = piece && piece.rows > 0 ? piece.reached : null;
    }
  }
  await ask("purge_records($1)", [retentionDays]);
  return removed;
}

/** {@linkcode applyRetention} asks a database by it. */
export function valueOf(db: Asked): AskValue {
  return async <T>(expression: string, params: unknown[]) => {
    const [row] = await db.query<{ value: T | null }>(`select ${expression} as value`, params);
    return row!.value;
  };
}
