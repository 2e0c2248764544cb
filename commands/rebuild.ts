import { count, formatBytes } from "../db/doctor/check.ts";
import { freeSpace, type Space } from "../db/doctor/storage.ts";
import {
  beginRebuild,
  countDaysToRollUp,
  countSessions,
  covers,
  estimateBytes,
  rangeOfDays,
  type Rebuild,
  REBUILD_WORKERS,
  type RebuildRange,
  rebuildSlice,
  unfinishedRebuild,
} from "../db/rebuild.ts";
import { type Arguments, parseDay, parseId, UsageError } from "./arguments.ts";
import { CommandError } from "./command.ts";
import { requireSite } from "./known_site.ts";
import { ProgressLine } from "./progress.ts";
import { rebuildWithoutBots } from "./rebuild_bots.ts";
import { reachDatabase, type Reached } from "./reach.ts";
import { Interrupted, type Subcommand } from "./subcommand.ts";
import { printJson, printLine } from "./terminal.ts";
import { readUserAgentsAgain } from "./user_agents.ts";

// Another process writes the slices, such as the job daily-metrics: its progress is read from the table.
const LOOK_MS = 500;
// As the job daily-metrics does it: each call is a transaction.
const DAYS_AT_ONCE = 500;

/** What was asked for. */
interface Wish {
  site: string | null;
  from: string | undefined;
  to: string | undefined;
}

export const rebuild: Subcommand = {
  summary: "writes session rows and roll-ups again from the facts",
  help: `Usage: deno task footfall rebuild [--site ID] [--from DAY] [--to DAY] [--force] [--json]
       deno task footfall rebuild --without-bots [--site ID] [--from DAY] [--to DAY] [--dry-run] [--yes] [--json]

Writes session_rows again from user_sessions, pageviews and user_events, the latest sessions first, in slices of
about 4,000, then rolls up their days. The stored user agents are read again before. Collection, the jobs and the dashboard go on meanwhile. After an upgrade,
or when doctor finds rows of older definitions, rebuild everything; after the facts were changed by hand, their days.

It may be interrupted at any moment, also by kill -9: run it again and it goes on, or leave it to the job
daily-metrics, which goes on with an unfinished rebuild by itself. Only one rebuild is under way at a time. If another
one is, that one is finished first.

With --without-bots it removes instead what older releases have counted of bots: sessions whose entry came with a
bot's user agent, or from a host that spams statistics with referrers, and all that is theirs. What they sent counts in
bot_days from then on; the raw events stay. Sites that count bots (site set --count-bots) keep theirs.

  --site ID              the sessions of one site; else of all
  --from DAY, --to DAY   as 2026-03-31: sessions that start on these days or between them, in the site's time zone.
                         Of all sites: the UTC days and one more at both ends, so that they contain each site's days
  --force                begins even if the disk may become full
  --without-bots         removes sessions of bots
  --dry-run              with it: prints which there are, by site and bot
  --yes                  with it: does not ask first
  --json                 prints JSON: site, from, to, continued, sessions (written here), days (rolled up); with
                         --without-bots: removed (or would_remove): [{site, bot, sessions, pageviews, events}]`,
  options: {
    site: "value",
    from: "value",
    to: "value",
    force: "flag",
    "without-bots": "flag",
    "dry-run": "flag",
    yes: "flag",
    json: "flag",
  },
  async run(args, interrupted) {
    const wish = parseWish(args);
    if (args.flag("without-bots")) {
      return await reachDatabase(async (reached) => {
        if (wish.site !== null) await requireSite(reached.db, wish.site);
        const range = await rangeOfDays(reached.db, wish.site, wish.from, wish.to);
        await rebuildWithoutBots(reached, range, args, {
          interrupted,
          rollUp: () => rollUp(reached, interrupted),
        });
      }, { interrupted });
    }
    if (args.flag("dry-run") || args.flag("yes")) {
      throw new UsageError("--dry-run and --yes go with --without-bots");
    }
    const tell = args.flag("json") ? async () => {} : printLine;
    const done = await reachDatabase(async (reached) => {
      const { db } = reached;
      if (wish.site !== null) await requireSite(db, wish.site);
      const wanted = await rangeOfDays(db, wish.site, wish.from, wish.to);
      const underWay = await unfinishedRebuild(db);
      const all = await countSessions(db, wanted);
      if (all === 0) {
        throw new CommandError(`Cannot rebuild: there is no session of ${formatWish(wish, "any site")}`);
      }
      if (!args.flag("force")) await tell(await requireRoom(reached, all));

      const agents = await readUserAgentsAgain(db, interrupted);
      if (agents > 0) await tell(`${count(agents, "user agent")} read otherwise than before`);

      let sessions = 0;
      if (underWay) {
        await tell(`going on with the rebuild that began at ${underWay.startedAt.toISOString()}`);
        sessions += await finish(reached, underWay, interrupted);
      }
      if (!underWay || !await covers(db, underWay, wanted)) {
        await beginRebuild(db, wanted);
        const begun = await unfinishedRebuild(db);
        if (begun) sessions += await finish(reached, begun, interrupted);
      }
      return { continued: underWay !== undefined, sessions, days: await rollUp(reached, interrupted) };
    }, { interrupted });
    if (args.flag("json")) {
      await printJson({ site: wish.site, from: wish.from ?? null, to: wish.to ?? null, ...done });
    } else {
      await printLine(
        `rebuilt: ${formatWish(wish)}, ${count(done.sessions, "session")} written, ` +
          `${count(done.days, "day")} of sites rolled up`,
      );
    }
  },
};

function parseWish(args: Arguments): Wish {
  const [site, from, to] = [args.value("site"), args.value("from"), args.value("to")];
  if (site !== undefined) parseId("site", site);
  if (from !== undefined) parseDay("from", from);
  if (to !== undefined) parseDay("to", to);
  if (from !== undefined && to !== undefined && to < from) {
    throw new UsageError(`--to ${to} lies before --from ${from}`);
  }
  return { site: site ?? null, from, to };
}

/** As `all sites`, `shop from 2026-03-01 to 2026-03-31`. */
function formatWish({ site, from, to }: Wish, sites = "all sites"): string {
  return [site ?? sites, ...from ? [`from ${from}`] : [], ...to ? [`to ${to}`] : []].join(" ");
}

/** Does slices until the rebuild is done. Returns how many sessions were written here. @throws {Interrupted} */
async function finish({ db }: Reached, rebuild: Rebuild, interrupted: AbortSignal): Promise<number> {
  const all = await countSessions(db, remaining(rebuild));
  const progress = new ProgressLine("sessions");
  let written = 0;
  let back = rebuild.reached;
  const work = async () => {
    for (;;) {
      const sessions = await rebuildSlice(db).catch((error) => {
        if (interrupted.aborted) return null; // the slice is rolled back
        throw error;
      });
      const left = interrupted.aborted ? undefined : await unfinishedRebuild(db);
      written += sessions ?? 0;
      if (left) back = left.reached;
      if (interrupted.aborted) {
        throw new Interrupted(
          `Interrupted: done back to ${back.toISOString()}. Run it again to go on, or leave it to the job daily-metrics`,
        );
      }
      // The slice after the last one drops what an upgrade has replaced.
      if (!left && sessions === null) break;
      progress.show(
        Math.min(written, all - 1),
        all,
        `back to ${back.toISOString().slice(0, 16).replace("T", " ")}`,
      );
      if (sessions === null) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  await Promise.all(Array.from({ length: REBUILD_WORKERS }, work));
  progress.show(all, all);
  return written;
}

function remaining({ site, starts, ends, reached }: Rebuild): RebuildRange {
  // What begins while it is under way gets its rows from the jobs.
  const isBegun = reached.getTime() < Date.now() - 60_000;
  return { site, starts, ends: isBegun ? reached.toISOString() : ends };
}

/** Rolls up the days that are marked, those of the rebuild among them. Returns how many there were. @throws {Interrupted} */
async function rollUp({ db }: Reached, interrupted: AbortSignal): Promise<number> {
  const days = await countDaysToRollUp(db);
  const progress = new ProgressLine("days");
  for (let done = 0; done < days; done += DAYS_AT_ONCE) {
    progress.show(done, days);
    await db.query("select roll_up_stale_days($1)", [DAYS_AT_ONCE]).catch((error) => {
      if (!interrupted.aborted) throw error;
    });
    if (interrupted.aborted) {
      throw new Interrupted("Interrupted: the job daily-metrics rolls up the days that are left");
    }
  }
  progress.show(days, days);
  return days;
}

/** Returns what is known of the disk. @throws {CommandError} If it has too little room */
async function requireRoom(reached: Reached, sessions: number): Promise<string> {
  const needed = await estimateBytes(reached.db, sessions);
  const directory = await directoryOf(reached);
  const space = directory === undefined ? undefined : freeSpace(directory);
  if (!space) return "disk: not checked, since the database's folder cannot be seen from here";
  return judgeRoom(needed, space);
}

/** Where the database is kept, if that is on this machine and known. */
async function directoryOf({ db, config, embedded }: Reached): Promise<string | undefined> {
  if (embedded) {
    const directory = String(config.database).replace(/^pglite:/, "");
    return directory === "memory" ? undefined : directory;
  }
  const [row] = await db.query<{ directory: string | null }>(
    `select case
       when not pg_has_role(current_user, 'pg_read_all_settings', 'usage') then null
       when inet_server_addr() is null or inet_server_addr() <<= '127.0.0.0/8' or inet_server_addr() = '::1'
       then current_setting('data_directory', true)
     end as directory`,
  );
  return row!.directory ?? undefined;
}

/** @throws {CommandError} If what is needed may not fit */
export function judgeRoom(needed: number, { free, total }: Space): string {
  const told = `up to ${formatBytes(needed)} needed, ${formatBytes(free)} of ${formatBytes(total)} free`;
  if (needed <= free) return `disk: ${told}`;
  throw new CommandError(
    `Cannot rebuild: the disk may become full (${told}). ` +
      "Make room, for example by: deno task footfall retention; or go on with --force",
  );
}
