import { openPostgres } from "../db/postgres.ts";
import { embeddedBinaries, systemBinaries } from "./postgres_binaries.ts";

/** What the tests are told of a server. */
export interface TestServer {
  /** As `PostgreSQL 15.18`. */
  name: string;
  /** Of a superuser on the database `postgres`; no password. */
  url: string;
}

/** A throw-away cluster, empty, that dies with this process whatever ends it. */
export interface RunningServer extends TestServer {
  /** Stops it and removes its files. */
  stop(): Promise<void>;
}

// Runs as the owner of the cluster. The shell waits for its standard input to end, which the operating system
// sees to however the runner dies; signals of the terminal are ignored so that they do not end the shell
// before the server.
const SUPERVISE = `
trap '' INT HUP TERM
"$1/pg_ctl" -w -t 60 -D "$2/data" -l "$2/log" -o "$3" start >"$2/start" 2>&1 </dev/null || exit 1
echo ready
cat >/dev/null
"$1/pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1
rm -rf "$2"/*
`;

/**
 * Starts a cluster for every Postgres that is found: those of the system and the one from npm. One that does
 * not start is left out, with its reason.
 *
 * @param directory where the clusters live; other users must be able to enter it
 * @throws {Error} If none starts; the message holds the reason of each
 */
export async function startServers(
  directory: string,
): Promise<{ servers: RunningServer[]; problems: string[] }> {
  const found = [...await systemBinaries(), embeddedBinaries(directory)];
  const started = await Promise.allSettled(
    found.map(async (binaries, index) => await startServer(await binaries, `${directory}/${index}`)),
  );
  const servers = started.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
  const problems = started.flatMap((result) => result.status === "rejected" ? [String(result.reason)] : []);
  if (servers.length === 0) {
    throw new Error(["No Postgres could be started for the tests:", ...problems].join("\n"));
  }
  return { servers, problems };
}

/** @param directory is made; the cluster's files go there */
async function startServer(binaries: string, directory: string): Promise<RunningServer> {
  const owner = await clusterOwner();
  await Deno.mkdir(directory);
  if (owner.uid !== undefined) await Deno.chown(directory, owner.uid, owner.gid ?? null);
  await initialize(binaries, directory, owner);
  // The port is free now and may be taken in a moment, by another run of the tests say.
  for (let attempt = 1;; attempt++) {
    const port = freePort();
    try {
      return await supervise(binaries, directory, owner, port);
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

async function initialize(binaries: string, directory: string, owner: Owner): Promise<void> {
  const { success, stderr } = await new Deno.Command(`${binaries}/initdb`, {
    args: [
      "-D",
      `${directory}/data`,
      "-U",
      "postgres",
      "-A",
      "trust",
      "-E",
      "UTF8",
      "--locale=C",
      "--no-sync",
    ],
    ...owner,
    cwd: directory,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`${binaries}/initdb failed: ${new TextDecoder().decode(stderr).trim()}`);
}

async function supervise(
  binaries: string,
  directory: string,
  owner: Owner,
  port: number,
): Promise<RunningServer> {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: 200,
    // A cluster that is thrown away need not survive the machine; commits still wait for their WAL.
    fsync: "off",
    // What the documentation's monitoring queries read.
    shared_preload_libraries: "pg_stat_statements",
  };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value || "''"}`).join(" ");
  const shell = new Deno.Command("/bin/sh", {
    args: ["-c", SUPERVISE, "sh", binaries, directory, options],
    ...owner,
    cwd: directory,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const ready = await shell.stdout.getReader().read();
  if (ready.done) {
    await shell.stdin.close();
    await shell.status;
    throw new Error(`${binaries}/postgres did not start: ${await startProblem(directory)}`);
  }
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await using database = await openPostgres({ connectionString: url, poolSize: 1 });
  return {
    name: await database.version(),
    url,
    stop: async () => {
      await shell.stdin.close();
      await shell.status;
    },
  };
}

async function startProblem(directory: string): Promise<string> {
  for (const name of ["log", "start"]) {
    const text = await Deno.readTextFile(`${directory}/${name}`).catch(() => "");
    if (text.trim() !== "") return text.trim();
  }
  return "no reason given";
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

interface Owner {
  uid?: number;
  gid?: number;
}

/** Postgres refuses to run as root, so root hands the cluster to `postgres` or `nobody`. */
async function clusterOwner(): Promise<Owner> {
  if (Deno.uid() !== 0) return {};
  const users = (await Deno.readTextFile("/etc/passwd")).split("\n").map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (!user) throw new Error("Postgres refuses to run as root, and there is no user postgres or nobody");
  return { uid: Number(user[2]), gid: Number(user[3]) };
}
