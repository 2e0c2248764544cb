// @ts-types="@types/pg"
import type pg from "pg";
import { log } from "../log.ts";
import { DatabaseUnavailable, type Queryable, StatementTimeout } from "./database.ts";
import { classifyError } from "./sqlstate.ts";
import { formatParameter } from "./types.ts";

// Inside a transaction the server's own timeout comes first; this much later the server counts as gone.
const GRACE_MS = 5_000;

/**
 * Sends one statement (with parameters) or a script (without), unnamed, so that a transaction-mode pooler
 * works.
 *
 * @param timeout in milliseconds, counted here; 0 is for ever. The connection is then no longer of use
 * @param form of the rows, where they are not to be objects
 */
export async function send(
  client: pg.PoolClient,
  sql: string,
  params: readonly unknown[] | undefined,
  timeout: number,
  form: Partial<pg.QueryArrayConfig> = {},
): Promise<pg.QueryResult> {
  const values = params?.map(formatParameter);
  // The extended protocol even without parameters: it takes one statement only, as on the embedded database.
  const mode = values === undefined ? {} : { values, queryMode: "extended" };
  try {
    return await client.query({
      text: sql,
      ...form,
      ...mode,
      ...(timeout > 0 ? { query_timeout: timeout } : {}),
    });
  } catch (error) {
    if (error instanceof Error && error.message === "Query read timeout") {
      throw new StatementTimeout(`No answer within ${timeout} ms`, { cause: error });
    }
    throw classifyError(error);
  }
}

/**
 * One transaction on a connection of its own. Statements run one after the other, however they are awaited.
 */
export class PostgresTransaction implements Queryable {
  readonly #client: pg.PoolClient;
  readonly #timeout: number;
  #last: Promise<unknown> = Promise.resolve();
  #firstError: unknown;
  #ended = false;

  /** @param timeout longest time of one statement, in milliseconds; 0 is for ever */
  constructor(client: pg.PoolClient, timeout: number) {
    this.#client = client;
    this.#timeout = timeout;
  }

  /** One round trip; the limit is `set local`, because behind a pooler the session is not ours. */
  async begin(): Promise<void> {
    const limit = Math.max(0, Math.ceil(this.#timeout));
    await send(
      this.#client,
      `begin; set local statement_timeout = ${limit}`,
      undefined,
      this.#clientTimeout(),
    );
  }

  async query<T>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    return (await this.#enqueue(sql, params, this.#clientTimeout())).rows as T[];
  }

  async exec(script: string): Promise<void> {
    // The server limits each statement of it; the whole has no limit that could be counted here.
    await this.#enqueue(script, undefined, 0);
  }

  /**
   * @throws the first error of the transaction, where `work` swallowed it: the server then rolls back on
   * commit
   */
  async commit(): Promise<void> {
    const sent = this.#enqueue("commit", undefined, this.#clientTimeout());
    this.#ended = true;
    if ((await sent).command !== "COMMIT") {
      throw this.#firstError ?? new Error("The transaction was rolled back instead of committed");
    }
  }

  /** Never throws: the error that led here is the one that counts. */
  async rollback(): Promise<void> {
    this.#ended = true;
    await this.#last;
    // On a connection that broke the server rolls back by itself.
    if (this.#firstError instanceof DatabaseUnavailable) return;
    try {
      await send(this.#client, "rollback", undefined, GRACE_MS);
    } catch (error) {
      log.warn("a rollback failed, its connection is dropped", { error });
    }
  }

  #clientTimeout(): number {
    return this.#timeout > 0 ? this.#timeout + GRACE_MS : 0;
  }

  #enqueue(sql: string, params: readonly unknown[] | undefined, timeout: number): Promise<pg.QueryResult> {
    if (this.#ended) return Promise.reject(new Error("The transaction has ended"));
    const result = this.#last.then(() => send(this.#client, sql, params, timeout));
    this.#last = result.catch((error) => this.#firstError ??= error);
    return result;
  }
}
