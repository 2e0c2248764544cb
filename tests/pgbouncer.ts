// @ts-types="@types/pg"
import pg from "pg";
import { clusterOwner, freePort } from "./cluster.ts";
import { until } from "./until.ts";

const CANDIDATES = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"];

/** Where PgBouncer is: where Linux packages put it; undefined where there is none. */
export const PGBOUNCER = CANDIDATES.find(isFile);

/** A PgBouncer in transaction mode, which dies with this process whatever ends it. */
export interface PgBouncer extends AsyncDisposable {
  /** As the server's, through the pooler. */
  readonly url: string;
  /** How many clients are connected, and how many connections to the server there are. */
  connections(): Promise<{ clients: number; servers: number }>;
}

export interface PgBouncerOptions {
  /** Most connections to the server. */
  poolSize: number;
}

// The shell waits for its standard input to end, which the operating system sees to however the runner dies.
const SUPERVISE = `
trap '' INT HUP TERM
"$1" "$2" >"$3" 2>&1 </dev/null &
cat >/dev/null
kill "$!"
wait
`;

/**
 * Starts one in front of a server, with the settings that Debian ships but for what is named here.
 *
 * @param serverUrl `postgres://…` with a host, a port and a user who needs no password
 */
export async function startPgBouncer(serverUrl: string, { poolSize }: PgBouncerOptions): Promise<PgBouncer> {
  const server = new URL(serverUrl);
  const folder = await Deno.makeTempDir({ prefix: "footfall-pgbouncer-" });
  const owner = await clusterOwner();
  if (owner.uid !== undefined) await Deno.chown(folder, owner.uid, owner.gid ?? null);
  const port = freePort();
  const settings = {
    listen_addr: "127.0.0.1",
    listen_port: port,
    unix_socket_dir: "",
    // Whoever comes is let in, as the user that the line of the database names.
    auth_type: "any",
    pool_mode: "transaction",
    default_pool_size: poolSize,
    max_client_conn: 200,
  };
  await Deno.writeTextFile(
    `${folder}/pgbouncer.ini`,
    [
      "[databases]",
      `* = host=${server.hostname} port=${server.port} user=${server.username}`,
      "[pgbouncer]",
      ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
    ].join("\n"),
  );
  const shell = new Deno.Command("/bin/sh", {
    args: ["-c", SUPERVISE, "sh", PGBOUNCER!, `${folder}/pgbouncer.ini`, `${folder}/log`],
    ...owner,
    cwd: folder,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${port}`;
  await until("PgBouncer answers", () => ask(url, "show version").then(() => true, () => false));
  return {
    url: url.href,
    connections: async () => {
      const lists = await ask(url, "show lists");
      const count = (name: string) => Number(lists.find(({ list }) => list === name)?.items);
      // One of the clients is the one that asks.
      return { clients: count("used_clients") - 1, servers: count("used_servers") };
    },
    [Symbol.asyncDispose]: async () => {
      await shell.stdin.close();
      await shell.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Its console speaks the simple protocol only. */
async function ask(url: URL, command: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    host: url.hostname,
    port: Number(url.port),
    user: "postgres",
    database: "pgbouncer",
  });
  await client.connect();
  try {
    return (await client.query(command)).rows;
  } finally {
    await client.end();
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
