import type { Database } from "../db/database.ts";
import { migrate } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";
import { type Cluster, clusterOwner, copyFiles, startCluster } from "./cluster.ts";
import { mountSmallDisk, type SmallDisk } from "./small_disk.ts";
import { servers } from "./test_database.ts";
import { environment, exists } from "./test_environment.ts";
import { until } from "./until.ts";

// How our own connections are told from those of the app.
const OURS = "faults";
// A few more than the app's pool, so that they are soon used up.
const CONNECTIONS = 20;

// What lives on the small disk. Small segments of WAL, so that the next one is soon wanted.
const SMALL_DISKS = {
  data: { folder: "data", megabytes: 160, initdb: (path: string) => ["--waldir", `${path}/wal`] },
  wal: { folder: "wal", megabytes: 40, initdb: (path: string) => ["--waldir", `${path}/wal`] },
};

export interface FaultyServerOptions {
  /** Puts the tables, or the write-ahead log, on a disk of their own that can be filled. */
  smallDisk?: keyof typeof SMALL_DISKS;
}

/** The files of a migrated cluster that was stopped, made by the first test that wants them: a copy takes a tenth of a second. */
async function migratedCluster(): Promise<string> {
  const { directory } = environment();
  const template = `${directory}/migrated-cluster`;
  using lock = await Deno.open(`${template}.making`, { write: true, create: true });
  await lock.lock(true);
  if (await exists(template)) return template;
  const cluster = await startCluster(servers()[0]!.binaries, `${template}-running`);
  const data = `${cluster.directory}/data`;
  try {
    await migrateCluster(cluster);
    await cluster.run("pg_ctl", ["stop", "-w", "-m", "fast", "-D", data]);
    await copyFiles(data, `${template}-unfinished`);
    await Deno.rename(`${template}-unfinished`, template);
  } finally {
    await cluster.stop();
  }
  return template;
}

async function migrateCluster({ url }: Cluster): Promise<void> {
  await using db = await openDatabase(url);
  await migrate(db);
}

/** A migrated Postgres of one test's own, whose processes and settings the test may do anything to. */
export class FaultyServer implements AsyncDisposable {
  readonly #cluster: Cluster;
  readonly #base: string;
  readonly #disk: SmallDisk | undefined;

  private constructor(cluster: Cluster, base: string, disk: SmallDisk | undefined) {
    this.#cluster = cluster;
    this.#base = base;
    this.#disk = disk;
  }

  static async start({ smallDisk }: FaultyServerOptions = {}): Promise<FaultyServer> {
    const base = await Deno.makeTempDir({ prefix: "footfall-faults-" });
    // The cluster may belong to another user, who has to pass through.
    await Deno.chmod(base, 0o755);
    const directory = `${base}/cluster`;
    const small = smallDisk === undefined ? undefined : SMALL_DISKS[smallDisk];
    const disk = small &&
      await mountSmallDisk(`${directory}/${small.folder}`, small.megabytes, await clusterOwner());
    const cluster = await startCluster(servers()[0]!.binaries, directory, {
      ...(small
        ? { initdb: ["--wal-segsize=1", ...small.initdb(directory)] }
        : { copyOf: await migratedCluster() }),
      settings: {
        max_connections: CONNECTIONS,
        // Every segment is a new file, for which there has to be room.
        ...(small ? { wal_recycle: "off", max_wal_size: "8MB" } : {}),
      },
    });
    if (small) await migrateCluster(cluster);
    return new FaultyServer(cluster, base, disk);
  }

  /** Where the app finds it. */
  get url(): string {
    return this.#cluster.url;
  }

  /** Ends every process of it at once, as the kernel does when memory is short. */
  async kill(): Promise<void> {
    const killed = await this.#signal("SIGKILL");
    await until("Postgres is dead", async () => (await Promise.all(killed.map(isGone))).every(Boolean));
    // While nobody has waited for the dead postmaster, the next one would think that it lives.
    await Deno.remove(`${this.#cluster.directory}/data/postmaster.pid`);
  }

  /** After {@linkcode kill}, or when it has given up by itself; does nothing while it runs. */
  async start(): Promise<void> {
    if (await this.#postmaster() === undefined) await this.#cluster.start();
  }

  /** As an impatient operator does: without a checkpoint, every client is thrown out. */
  async restartImmediate(): Promise<void> {
    const { directory, run } = this.#cluster;
    await run("pg_ctl", [
      "restart",
      "-m",
      "immediate",
      "-w",
      "-t",
      "60",
      "-D",
      `${directory}/data`,
      "-l",
      `${directory}/log`,
    ]);
  }

  /** Stops every process where it stands: connections stay, and nothing answers. */
  async freeze(): Promise<void> {
    await this.#signal("SIGSTOP");
  }

  async thaw(): Promise<void> {
    await this.#signal("SIGCONT");
  }

  /** Cuts every connection of the app. */
  async terminateBackends(): Promise<void> {
    await using db = await this.#open();
    await terminate(db);
  }

  /** Takes every connection there is, those of the app too; disposing of what it answers gives them back. */
  async useUpConnections(): Promise<AsyncDisposable> {
    await using stack = new AsyncDisposableStack();
    const first = stack.use(await this.#open());
    const inUse = async () => {
      const [row] = await first.query<{ app: number; all: number }>(
        "select count(*) filter (where application_name <> $1) as app, count(*) as all " +
          "from pg_stat_activity where backend_type = 'client backend'",
        [OURS],
      );
      return row!;
    };
    // The app connects again as fast as we do; whoever comes first has the place.
    await until("every connection is ours", async () => {
      await terminate(first);
      const more = Array.from({ length: CONNECTIONS - (await inUse()).all + 1 }, async () => {
        const db = await this.#open();
        try {
          await db.version();
          stack.use(db);
        } catch {
          await db.close();
        }
      });
      await Promise.all(more);
      const { app, all } = await inUse();
      return app === 0 && all === CONNECTIONS;
    });
    return stack.move();
  }

  /** Whether new transactions may only read, as on a server that another one has taken over from. */
  async setReadOnly(readOnly: boolean): Promise<void> {
    await using db = await this.#open();
    await db.exec(`alter system set default_transaction_read_only = ${readOnly ? "on" : "off"}`);
    await db.exec("select pg_reload_conf()");
    const expected = readOnly ? "on" : "off";
    await until(`default_transaction_read_only is ${expected}`, async () => {
      const [row] = await db.query<{ value: string }>(
        "select current_setting('default_transaction_read_only') as value",
      );
      return row!.value === expected;
    });
  }

  async fillDisk(): Promise<void> {
    await this.#disk!.fill();
  }

  async freeDisk(): Promise<void> {
    await this.#disk!.free();
  }

  async rows<T>(sql: string): Promise<T[]> {
    await using db = await this.#open();
    return await db.query<T>(sql);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.thaw();
    await this.#cluster.stop();
    await this.#disk?.[Symbol.asyncDispose]();
    await Deno.remove(this.#base, { recursive: true });
  }

  async #open(): Promise<Database> {
    return await openDatabase(`${this.url}?application_name=${OURS}`, { poolSize: 1 });
  }

  /** The process that all others are children of; undefined when there is none. */
  async #postmaster(): Promise<number | undefined> {
    const file = await Deno.readTextFile(`${this.#cluster.directory}/data/postmaster.pid`).catch(() => "");
    const pid = Number(file.split("\n")[0]);
    return pid > 0 && !await isGone(pid) ? pid : undefined;
  }

  /** Sends a signal to every process; answers which they were. */
  async #signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<number[]> {
    const postmaster = await this.#postmaster();
    if (postmaster === undefined) return [];
    // First, so that it starts no more of them; and last to go on, so that it sees no child that seems stuck.
    if (signal !== "SIGCONT") Deno.kill(postmaster, "SIGSTOP");
    const children = await childrenOf(postmaster);
    for (const child of children) sendTo(child, signal);
    sendTo(postmaster, signal);
    return [postmaster, ...children];
  }
}

async function terminate(db: Database): Promise<void> {
  await db.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and application_name <> $1",
    [OURS],
  );
}

async function childrenOf(pid: number): Promise<number[]> {
  const list = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  return list.split(" ").filter((child) => child !== "").map(Number);
}

/** Whether a process has ended, be it that nobody has waited for it yet. */
async function isGone(pid: number): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  return stat === "" || /\) Z /.test(stat);
}

function sendTo(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // it has ended by itself
  }
}
