import { ask, type Check, count, formatAge, formatBytes, ok, problem, warning } from "./check.ts";
import { findObstacles, type Obstacle } from "../conditions.ts";
import { SESSION } from "../session.ts";
import { NEWEST_MAJOR, OLDEST_MAJOR, serverVersion } from "../server_version.ts";

// Events of the far past or future end up on wrong days and in wrong sessions.
const SKEW_WARNING_SECONDS = 5;
const SKEW_PROBLEM_SECONDS = 60;
// Postgres's own default; less was left over from another machine.
const SMALL_BUFFERS_BYTES = 128 * 1024 ** 2;

const version: Check = {
  name: "version",
  asks: "database",
  async run({ db, embedded }) {
    const server = await serverVersion(db);
    const { major } = server;
    const name = embedded ? `${server.name} (embedded)` : server.name;
    if (major < OLDEST_MAJOR) {
      return problem(`${name} is older than what is tested`, `upgrade to ${OLDEST_MAJOR} to ${NEWEST_MAJOR}`);
    }
    if (major > NEWEST_MAJOR) return warning(`${name} is newer than what is tested`, "run the tests on it");
    return ok(name);
  },
};

const connections: Check = {
  name: "connections",
  asks: "database",
  async run({ db, embedded, poolSize }) {
    if (embedded) return ok("one, as the embedded database has it");
    const { usable, used } = await ask<{ usable: number; used: number }>(
      db,
      `select current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer as usable,
         (select count(*) from pg_stat_activity where backend_type = 'client backend') as used`,
    );
    const message = `${used} of ${usable} in use, ${poolSize} for each process`;
    if (usable < 2 * poolSize) {
      return problem(
        message,
        "an old and a new process do not fit beside each other in a deploy: raise max_connections or lower DATABASE_POOL_SIZE",
      );
    }
    if (usable - used < poolSize) {
      return warning(
        message,
        "one more process does not fit: raise max_connections, or put a pooler in between",
      );
    }
    return ok(message);
  },
};

const session: Check = {
  name: "session",
  asks: "database",
  async run({ db, embedded }) {
    if (embedded) return ok("as Footfall sets it");
    const names = Object.keys(SESSION);
    const set = await ask<Record<string, string>>(
      db,
      `select ${names.map((name) => `current_setting('${name}') as "${name}"`).join(", ")}`,
    );
    const message = names.map((name) => `${name} ${set[name]}`).join(", ");
    if (Object.entries(SESSION).every(([name, value]) => set[name] === value)) return ok(message);
    return problem(
      message,
      "the pooler does not keep what a client asks for as it connects: let it track TimeZone and DateStyle, as PgBouncer does",
    );
  },
};

const durability: Check = {
  name: "durability",
  asks: "database",
  async run({ db, embedded }) {
    if (embedded) return ok("survives the process; not synced, so perhaps not a power cut");
    const { fsync, pages, commit } = await ask<Record<"fsync" | "pages" | "commit", string>>(
      db,
      `select current_setting('fsync') as fsync, current_setting('full_page_writes') as pages,
         current_setting('synchronous_commit') as commit`,
    );
    const message = `fsync ${fsync}, full_page_writes ${pages}, synchronous_commit ${commit}`;
    if (fsync === "off" || pages === "off") {
      return problem(message, "a power cut may destroy the database: turn both on, and reload the server");
    }
    if (commit === "off") {
      return warning(
        message,
        "collected events are synced all the same; what other statements wrote may be lost",
      );
    }
    return ok(message);
  },
};

const memory: Check = {
  name: "memory",
  asks: "database",
  async run({ db, embedded }) {
    const { buffers, size } = await ask<{ buffers: number; size: number }>(
      db,
      `select pg_size_bytes(current_setting('shared_buffers')) as buffers, pg_database_size(current_database()) as size`,
    );
    const message = `shared_buffers ${formatBytes(buffers)}, database ${formatBytes(size)}`;
    if (!embedded && buffers < SMALL_BUFFERS_BYTES && size > buffers) {
      return warning(message, "give shared_buffers a quarter of the machine's memory");
    }
    return ok(message);
  },
};

const autovacuum: Check = {
  name: "autovacuum",
  asks: "database",
  async run({ db, embedded }) {
    if (embedded) return ok("the maintenance job stands in for it");
    const { server, off } = await ask<{ server: string; off: string[] }>(
      db,
      `select current_setting('autovacuum') as server,
         array(select oid::regclass::text from pg_class
               where relnamespace = current_schema()::regnamespace and 'autovacuum_enabled=false' = any(reloptions)) as off`,
    );
    if (server === "off") {
      return problem("off", "dead rows pile up: set autovacuum = on, and reload the server");
    }
    if (off.length > 0) {
      return warning(`off for ${off.join(", ")}`, `alter table ${off[0]} reset (autovacuum_enabled)`);
    }
    return ok("on");
  },
};

const clock: Check = {
  name: "clock",
  asks: "database",
  async run({ db }) {
    const before = Date.now();
    const { now } = await ask<{ now: number }>(db, "select extract(epoch from clock_timestamp()) as now");
    // The answer's way counts for neither.
    const skew = Math.max(0, Math.abs(now * 1_000 - (before + Date.now()) / 2) - (Date.now() - before) / 2) /
      1_000;
    const message = `this machine and the database differ by ${skew < 1 ? "less than 1 s" : formatAge(skew)}`;
    if (skew >= SKEW_PROBLEM_SECONDS) {
      return problem(
        message,
        "events get wrong times: let both follow a time server (chrony, systemd-timesyncd)",
      );
    }
    if (skew >= SKEW_WARNING_SECONDS) return warning(message, "let both follow a time server");
    return ok(message);
  },
};

const slowQueries: Check = {
  name: "slow queries",
  asks: "database",
  async run({ db }) {
    const { installed, loaded } = await ask<{ installed: boolean; loaded: boolean }>(
      db,
      `select exists (select from pg_extension where extname = 'pg_stat_statements') as installed,
         current_setting('pg_stat_statements.max', true) is not null as loaded`,
    );
    if (!installed || !loaded) {
      return ok(
        "not recorded; with pg_stat_statements (shared_preload_libraries, create extension) this tells them",
      );
    }
    const slow = await db.query<{ query: string; calls: number; mean: number }>(
      `select regexp_replace(left(query, 70), '\\s+', ' ', 'g') as query, calls, mean_exec_time as mean
       from pg_stat_statements
       where dbid = (select oid from pg_database where datname = current_database())
         and calls >= 5 and mean_exec_time > 1000
         -- Of others' statements only a superuser, or pg_read_all_stats, sees the text.
         and query <> '<insufficient privilege>'
         -- Batches take as long as they need.
         and query !~ 'process_events|roll_up|purge_processed|calculate_daily|erase_visitor|^(vacuum|analyze|create|reindex|alter|begin|commit)'
       order by total_exec_time desc limit 3`,
    );
    if (slow.length === 0) return ok("none that takes a second on average");
    const [first] = slow;
    return warning(
      `${count(slow.length, "query").replace(/ys$/, "ies")} above 1 s on average, first: ${first!.query} (${
        first!.calls
      } calls, ${Math.round(first!.mean)} ms)`,
      "explain (analyze, buffers) says why; docs/operations.md lists all of them",
    );
  },
};

/** Whether nothing of the kind stands in the way. */
function unobstructed(name: string, kind: Obstacle["kind"], well: string): Check {
  return {
    name,
    asks: "database",
    async run({ db }) {
      const obstacles = (await findObstacles(db)).filter((obstacle) => obstacle.kind === kind);
      if (obstacles.length === 0) return ok(well);
      return problem(
        obstacles.map(({ problem }) => problem).join("; "),
        obstacles.map(({ advice }) => advice).join("; "),
      );
    },
  };
}

export const SERVER_CHECKS: readonly Check[] = [
  version,
  unobstructed("encoding", "text", "UTF8"),
  unobstructed("writes", "writes", "taken"),
  unobstructed("rights", "rights", "this user may make tables and temporary tables"),
  connections,
  session,
  durability,
  memory,
  autovacuum,
  clock,
  slowQueries,
];
