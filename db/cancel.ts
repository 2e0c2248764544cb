// @ts-types="@types/pg"
import pg from "pg";
import { log } from "../log.ts";

// The caller waits for its error meanwhile.
const PATIENCE_MS = 1_000;

/** The parts of the driver that it exports without declaring them. */
interface CancelConnection {
  on(event: string, listener: (error?: Error) => void): void;
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
  stream: { destroy(): void };
}

type CancellableClient = pg.ClientBase & {
  processID: number;
  secretKey: number;
  host: string;
  port: number;
  ssl: unknown;
};

/**
 * Asks the server to stop what `client` runs, over a connection of its own as the protocol wants it (a pooler
 * passes it on). Resolves when the server has taken the request, or after a second: whether it came in time,
 * nobody says.
 */
export function cancelStatement(client: pg.ClientBase): Promise<void> {
  const { processID, secretKey, host, port, ssl } = client as CancellableClient;
  const Connection = pg.Connection as unknown as new (config: { ssl: unknown }) => CancelConnection;
  const connection = new Connection({ ssl });
  return new Promise((resolve) => {
    const timer = setTimeout(() => connection.stream.destroy(), PATIENCE_MS);
    const cancel = () => connection.cancel(processID, secretKey);
    connection.on("connect", () => ssl ? connection.requestSsl() : cancel());
    connection.on("sslconnect", cancel);
    connection.on("error", (error) => log.debug("a statement could not be cancelled", { error }));
    connection.on("end", () => {
      clearTimeout(timer);
      resolve();
    });
    if (host.startsWith("/")) connection.connect(`${host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
  });
}
