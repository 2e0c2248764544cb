import { existsSync, readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Check, count, formatAge, formatBytes, ok, problem, warning } from "./check.ts";
import { freeSpace, judgeSpace } from "./storage.ts";

const WAITING_WARNING_SECONDS = 60;
const WAITING_PROBLEM_SECONDS = 15 * 60;
const FULL_SHARE = 0.8;
// 16 bytes as hexadecimal digits.
const SHORT_TOKEN = 32;

const spool: Check = {
  name: "spool",
  asks: "host",
  run({ spoolPath, spoolBytes, embedded }) {
    if (spoolPath === undefined) {
      return embedded ? ok("switched off") : warning(
        "switched off",
        "while Postgres is away events are turned away (503); SPOOL_PATH=FILE keeps them",
      );
    }
    if (!existsSync(spoolPath)) return ok(`${spoolPath} is not here: no collector has run in this folder`);
    const { events, refused, oldest, bytes } = readSpool(spoolPath);
    const message = `${count(events, "event")} wait in ${spoolPath} (${formatBytes(bytes)})` +
      (oldest === undefined ? "" : `, the oldest for ${formatAge(oldest)}`);
    const damaged = readdirSync(dirname(spoolPath)).filter((name) =>
      name.startsWith(`${basename(spoolPath)}.corrupt-`)
    );
    const space = freeSpace(dirname(spoolPath));
    const judged = space
      ? judgeSpace(message, space, "the spool needs it while Postgres is away")
      : ok(message);
    // What is full takes no event; to wait for Postgres, as the next one says, is the smaller trouble.
    if (judged.state === "problem") return judged;
    if (bytes > FULL_SHARE * spoolBytes) return problem(message, "it is nearly full: raise SPOOL_MAX_MB");
    if (oldest !== undefined && oldest > WAITING_PROBLEM_SECONDS) {
      return problem(message, "they reach Postgres once a collector runs here and Postgres takes writes");
    }
    if (oldest !== undefined && oldest > WAITING_WARNING_SECONDS) {
      return warning(message, "does Postgres take writes? /health of the collector says");
    }
    if (damaged.length > 0) {
      return warning(
        `damaged and put aside: ${damaged.join(", ")}`,
        "sqlite3 FILE .recover may save events; then delete it",
      );
    }
    if (refused > 0) {
      return warning(
        `${count(refused, "event")} that Postgres refused are in its table refused`,
        `look at them, then delete them: sqlite3 ${spoolPath} "select reason, event from refused"`,
      );
    }
    return judged;
  },
};

interface SpoolState {
  events: number;
  refused: number;
  /** In seconds. */
  oldest: number | undefined;
  /** Of its pages, those among them that are still in its write-ahead log. */
  bytes: number;
}

function readSpool(path: string): SpoolState {
  const sqlite = new DatabaseSync(path, { readOnly: true, timeout: 1_000 });
  try {
    const row = sqlite.prepare(
      `select (select count(*) from events) as events, (select count(*) from refused) as refused,
         (select spooled_at from events order by place limit 1) as oldest,
         (select (page_count - freelist_count) * page_size
          from pragma_page_count, pragma_freelist_count, pragma_page_size) as bytes`,
    ).get()!;
    return {
      events: Number(row.events),
      refused: Number(row.refused),
      bytes: Number(row.bytes),
      oldest: typeof row.oldest === "string" ? (Date.now() - Date.parse(row.oldest)) / 1_000 : undefined,
    };
  } finally {
    sqlite.close();
  }
}

const adminToken: Check = {
  name: "admin token",
  asks: "host",
  run({ adminToken, embedded }) {
    if (adminToken === undefined) {
      return embedded
        ? ok("made anew by each start of the dev server")
        : warning("not set here, so it could not be judged", "run this with the collector's own settings");
    }
    return adminToken.length < SHORT_TOKEN
      ? warning(`of ${adminToken.length} characters`, "make a longer one: openssl rand -hex 24")
      : ok(`of ${adminToken.length} characters`);
  },
};

const registration: Check = {
  name: "registration",
  asks: "host",
  run({ openRegistration, embedded }) {
    if (!openRegistration) return ok("closed: only events of sites that were added are taken");
    return embedded ? ok("open, as in development") : warning(
      "open: anybody may fill the database under any site's id",
      "unset OPEN_REGISTRATION, and add the sites",
    );
  },
};

export const HOST_CHECKS: readonly Check[] = [spool, adminToken, registration];
