import { openPostgres } from "../db/postgres.ts";

/** A throw-away cluster that dies with this process whatever ends it. */
export interface Cluster {
  /** As `PostgreSQL 15.18`. */
  name: string;
  /** Of a superuser on the database `postgres`; no password. */
  url: string;
  /** The folder of the server's programs. */
  binaries: string;
  /** Its files are in `data` there. */
  directory: string;
  /** Runs one of the server's programs as the cluster's owner. @throws {Error} With what it printed, if it fails */
  run(program: string, args: string[]): Promise<void>;
  /** As `pg_ctl start` does, with the settings of the first start; returns once it accepts connections. */
  start(): Promise<void>;
  /** Stops it and removes its files. */
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** More arguments of `initdb`. */
  initdb?: string[];
  /** The `data` of a cluster that was stopped, to copy instead. */
  copyOf?: string;
  /** In the place of what the tests' clusters have, or beside it. */
  settings?: Record<string, string | number>;
}

/** The user that a cluster belongs to; nothing where that is whoever runs the tests. */
export interface ClusterOwner {
  uid?: number;
  gid?: number;
}

const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: 200,
  // A cluster that is thrown away need not survive the machine; commits still wait for their WAL.
  fsync: "off",
  // As the migrations set it for a database; a copy of a template has no such settings.
  jit: "off",
  // What the documentation's monitoring queries read.
  shared_preload_libraries: "pg_stat_statements",
};

// Runs as the owner of the cluster. The shell waits for its standard input to end, which the operating system
// sees to however the runner dies; signals of the terminal are ignored so that they do not end the shell
// before the server. A server that a test has frozen would not hear that it should stop.
const SUPERVISE = `
trap '' INT HUP TERM
"$1/pg_ctl" -w -t 60 -D "$2/data" -l "$2/log" -o "$3" start >"$2/start" 2>&1 </dev/null || exit 1
echo ready
cat >/dev/null
kill -CONT "$(head -n 1 "$2/data/postmaster.pid")" 2>/dev/null
"$1/pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1
rm -rf "$2"/*
`;

/**
 * Makes a cluster and starts it, on a port of its own.
 *
 * @param binaries the folder of the server's programs
 * @param directory is made where it is missing; the cluster's files go there
 */
export async function startCluster(
  binaries: string,
  directory: string,
  { initdb = [], copyOf, settings = {} }: ClusterOptions = {},
): Promise<Cluster> {
  const owner = await clusterOwner();
  await Deno.mkdir(directory, { recursive: true });
  if (owner.uid !== undefined) await Deno.chown(directory, owner.uid, owner.gid ?? null);
  const run = (program: string, args: string[]) => runAs(owner, `${binaries}/${program}`, args, directory);
  if (copyOf === undefined) {
    await run("initdb", [
      ...[
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
      ...initdb,
    ]);
  } else await copyFiles(copyOf, `${directory}/data`);
  // The port is free now and may be taken in a moment, by another run of the tests say.
  for (let attempt = 1;; attempt++) {
    const port = freePort();
    const options = Object.entries({ ...SETTINGS, ...settings, port })
      .map(([name, value]) => `-c ${name}=${value === "" ? "''" : value}`).join(" ");
    try {
      const stop = await supervise(binaries, directory, owner, options);
      const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
      await using database = await openPostgres({ connectionString: url, poolSize: 1 });
      const data = `${directory}/data`;
      return {
        name: await database.version(),
        url,
        binaries,
        directory,
        run,
        start: () =>
          run("pg_ctl", ["start", "-w", "-t", "60", "-D", data, "-l", `${directory}/log`, "-o", options]),
        stop,
      };
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

/** With their owners, as Postgres wants its own. */
export async function copyFiles(from: string, to: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("cp", { args: ["-a", from, to], stdin: "null" })
    .output();
  if (!success) throw new Error(`cannot copy a cluster: ${new TextDecoder().decode(stderr)}`);
}

/** Answers what stops it. */
async function supervise(
  binaries: string,
  directory: string,
  owner: ClusterOwner,
  options: string,
): Promise<() => Promise<void>> {
  const shell = new Deno.Command("/bin/sh", {
    args: ["-c", SUPERVISE, "sh", binaries, directory, options],
    ...owner,
    cwd: directory,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const output = shell.stdout.getReader();
  const stop = async () => {
    await shell.stdin.close();
    await shell.status;
    await output.cancel();
  };
  if ((await output.read()).done) {
    await stop();
    throw new Error(`${binaries}/postgres did not start: ${await startProblem(directory)}`);
  }
  return stop;
}

/** Its output goes to a file: a server that it starts would keep a pipe open. */
async function runAs(owner: ClusterOwner, program: string, args: string[], directory: string): Promise<void> {
  const { success } = await new Deno.Command("/bin/sh", {
    args: ["-c", 'out="$1"; shift; exec "$@" >"$out" 2>&1', "sh", `${directory}/start`, program, ...args],
    ...owner,
    cwd: directory,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  if (!success) throw new Error(`${program} failed: ${await startProblem(directory)}`);
}

async function startProblem(directory: string): Promise<string> {
  for (const name of ["log", "start"]) {
    const text = await Deno.readTextFile(`${directory}/${name}`).catch(() => "");
    // Of a server that has run before only the end is news.
    if (text.trim() !== "") return text.trim().slice(-2_000);
  }
  return "no reason given";
}

/** A port that nobody listens on, at this moment. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Postgres refuses to run as root, so root hands the cluster to `postgres` or `nobody`. */
export async function clusterOwner(): Promise<ClusterOwner> {
  if (Deno.uid() !== 0) return {};
  const users = (await Deno.readTextFile("/etc/passwd")).split("\n").map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (!user) throw new Error("Postgres refuses to run as root, and there is no user postgres or nobody");
  return { uid: Number(user[2]), gid: Number(user[3]) };
}
