// @ts-types="@types/pg"
import pg from "pg";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { DriverSocket } from "./driver_socket.ts";
import { SET_SESSION } from "./session.ts";
import { parserOf } from "./types.ts";

// Not a literal where it is imported: it is on JSR only, and what does not use it must not have to reach JSR.
const DRIVER = "@db/postgres";

/** As much of deno-postgres 0.19 as is used here. */
interface DenoPostgres {
  Client: new (options: {
    hostname: string;
    host_type: "tcp";
    port: number;
    user?: string;
    password?: string;
    database?: string;
    applicationName: string;
    options?: string;
    tls: { enabled: false };
    connection: { attempts: 0 };
    controls: { decodeStrategy: "string" };
  }) => DriverClient;
}

interface DriverClient {
  connect(): Promise<void>;
  queryArray(query: { text: string; args: unknown[] }): Promise<DriverResult>;
  end(): Promise<void>;
}

interface DriverResult {
  command: string;
  rows: (string | null)[][];
  rowDescription?: { columns: { name: string; typeOid: number }[] };
}

/** As much of a `pg.QueryResult` as is read of it. */
interface Answer {
  rows: Record<string, unknown>[] | (string | null)[][];
  fields: { name: string; dataTypeID: number }[];
  command: string;
}

/** The parts of `pg` that it exports without declaring them. */
interface PgConnection extends EventEmitter {
  stream: Socket;
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
}

type PgClient = pg.Client & {
  connection: PgConnection;
  connectionParameters: { options?: string; application_name?: string; fallback_application_name?: string };
};

/**
 * deno-postgres (`jsr:@db/postgres`) as clients of `pg.Pool`. What the pool, the transactions, the timeouts and
 * the classes of errors do is thereby the same on both drivers; and so are addresses and TLS, since `pg` opens
 * the socket: the driver's own way falls back to plain text.
 *
 * @throws {TypeError} If the driver cannot be loaded
 */
export async function denoPostgresClient(config: pg.ClientConfig): Promise<new () => pg.Client> {
  const driver = await loadDriver();
  const Client = class extends DenoPostgresClient {
    constructor() {
      super(driver, config);
    }
  };
  return Client as unknown as new () => pg.Client;
}

async function loadDriver(): Promise<DenoPostgres> {
  try {
    return await import(DRIVER);
  } catch (error) {
    throw new TypeError(
      "Cannot load deno-postgres: start Deno with --config deno.jsr.json, where JSR can be reached",
      { cause: error },
    );
  }
}

/** One connection, with the methods and events of `pg.Client` that its pool and `postgres.ts` use. */
class DenoPostgresClient extends EventEmitter {
  /** The pool's: whether it may be handed out again. */
  _queryable = true;
  _ending = false;
  readonly host: string;
  readonly port: number;
  readonly ssl: unknown;
  readonly connection: PgConnection;
  readonly #client: DriverClient;
  readonly #connectTimeout: number;
  #socket: DriverSocket | undefined;
  #connected = false;
  #ended = false;

  constructor({ Client }: DenoPostgres, config: pg.ClientConfig) {
    super();
    // Never connected: it reads the settings, the environment among them, and makes the socket.
    const template = new pg.Client(config) as PgClient;
    const { application_name, fallback_application_name, options } = template.connectionParameters;
    this.host = template.host;
    this.port = template.port;
    this.ssl = template.ssl;
    this.connection = template.connection;
    this.#connectTimeout = config.connectionTimeoutMillis ?? 0;
    this.#client = new Client({
      hostname: template.host,
      host_type: "tcp",
      port: template.port,
      user: template.user,
      password: template.password ?? undefined,
      database: template.database,
      applicationName: application_name ?? fallback_application_name ?? "",
      ...(options === undefined ? {} : { options }),
      // The socket is encrypted before the driver sees it.
      tls: { enabled: false },
      // A connection that is lost is replaced by the pool, never mended.
      connection: { attempts: 0 },
      controls: { decodeStrategy: "string" },
    });
    this.connection.on("error", (error) => this.#lose(error));
    this.connection.on("end", () => {
      this.#lose(new Error("Connection terminated unexpectedly"));
      this.#ended = true;
      this.emit("end");
    });
  }

  get processID(): number | undefined {
    return this.#socket?.processID;
  }

  get secretKey(): number | undefined {
    return this.#socket?.secretKey;
  }

  connect(done: (error?: unknown) => void): void {
    this.#connect().then(() => done(), (error) => {
      this.#lose(error);
      done(error);
    });
  }

  /** With `values` one statement in the extended protocol, without them a script whose rows nobody gets. */
  async query(
    { text, values, query_timeout, rowMode }: {
      text: string;
      values?: (string | null)[];
      query_timeout?: number;
      rowMode?: "array";
    },
  ): Promise<Answer> {
    const socket = this.#socket!;
    socket.passage = { withoutParameters: values?.length === 0, withoutRows: values === undefined };
    try {
      // The driver takes the simple protocol, and with it several statements, unless it has an argument.
      const args = values?.length === 0 ? [null] : values ?? [];
      const result = await withTimeout(this.#client.queryArray({ text, args }), query_timeout ?? 0);
      return {
        rows: rowMode === "array" ? result.rows : rowsOf(result),
        fields: columnsOf(result).map(({ name, typeOid }) => ({ name, dataTypeID: typeOid })),
        command: result.command,
      };
    } catch (error) {
      const sqlstate = (error as { fields?: { code?: string } }).fields?.code;
      if (sqlstate !== undefined) throw Object.assign(error as Error, { code: sqlstate });
      // Whatever it was, the rest of an answer may be to come. A timeout's connection still cancels the statement.
      this._queryable = false;
      throw error;
    }
  }

  getTransactionStatus(): string | null {
    return this.#socket?.transactionStatus ?? null;
  }

  end(done: () => void = () => {}): void {
    this._ending = true;
    if (this.#ended) return done();
    this.once("end", done);
    // On one that is lost nobody is left to say goodbye to.
    if (this._queryable) this.#client.end().catch(() => this.connection.stream.destroy());
    else this.connection.stream.destroy();
  }

  async #connect(): Promise<void> {
    const timer = setTimeout(
      () => this.connection.stream.destroy(new Error("Connection terminated due to connection timeout")),
      // A timer of 0 would end it at once.
      this.#connectTimeout || 2 ** 31 - 1,
    );
    try {
      const socket = this.#socket = new DriverSocket(await this.#dial());
      await socket.carry(() => this.#client.connect());
      // The driver sends none of its own as it connects.
      await this.query({ text: SET_SESSION });
      this.#connected = true;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Encrypted where the settings say so, or an error: never plain text instead. */
  #dial(): Promise<Socket> {
    const { connection, host, port } = this;
    return new Promise((resolve, reject) => {
      const ready = () => {
        connection.off("error", reject);
        connection.off("end", onEnd);
        // The parser of `pg`.
        connection.stream.removeAllListeners("data");
        resolve(connection.stream);
      };
      const onEnd = () => reject(new Error("Connection terminated unexpectedly"));
      connection.on("error", reject);
      connection.on("end", onEnd);
      connection.once("connect", () => this.ssl ? connection.requestSsl() : ready());
      connection.once("sslconnect", ready);
      if (host.startsWith("/")) connection.connect(`${host}/.s.PGSQL.${port}`);
      else connection.connect(port, host);
    });
  }

  #lose(error: Error): void {
    this.#socket?.fail(error);
    if (!this._queryable) return;
    this._queryable = false;
    this.connection.stream.destroy();
    if (this.#connected && !this._ending) this.emit("error", error);
  }
}

async function withTimeout<T>(answer: Promise<T>, ms: number): Promise<T> {
  if (ms <= 0) return await answer;
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("Query read timeout")), ms);
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function columnsOf({ rowDescription }: DriverResult): { name: string; typeOid: number }[] {
  return rowDescription?.columns ?? [];
}

function rowsOf(result: DriverResult): Record<string, unknown>[] {
  const columns = columnsOf(result).map(({ name, typeOid }) => ({ name, parse: parserOf(typeOid) }));
  return result.rows.map((cells) =>
    Object.fromEntries(columns.map(({ name, parse }, i) => {
      const text = cells[i]!;
      return [name, text === null ? null : parse(text)];
    }))
  );
}
