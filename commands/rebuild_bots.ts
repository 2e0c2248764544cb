import { count } from "../db/doctor/check.ts";
import {
  type BotMarks,
  countBotSessions,
  type CountedBot,
  forgetChange,
  readMarks,
  removeBotSessions,
} from "../db/old_bots.ts";
import type { RebuildRange } from "../db/rebuild.ts";
import { botOfUserAgent, isSpamHost } from "../events/bot.ts";
import type { Arguments } from "./arguments.ts";
import { CommandError, formatTable } from "./command.ts";
import { ProgressLine } from "./progress.ts";
import type { Reached } from "./reach.ts";
import { Interrupted } from "./subcommand.ts";
import { confirm, printJson, printLine, requireTerminal } from "./terminal.ts";

/**
 * `footfall rebuild --without-bots`: removes the sessions of bots that older releases have counted.
 *
 * @param rollUp rolls up the days that have changed; returns how many there were
 * @throws {CommandError | Interrupted}
 */
export async function rebuildWithoutBots(
  { db }: Reached,
  range: RebuildRange,
  args: Arguments,
  { interrupted, rollUp }: { interrupted: AbortSignal; rollUp: () => Promise<number> },
): Promise<void> {
  const json = args.flag("json");
  const marks = await readBotMarks({ db }, range);
  const bots = await countBotSessions(db, range, marks);
  if (args.flag("dry-run")) {
    if (json) return await printJson({ would_remove: bots });
    return await printLine(bots.length === 0 ? NOTHING : `would be removed:\n${formatTable(describe(bots))}`);
  }
  if (bots.length > 0 && !args.flag("yes")) {
    requireTerminal();
    await printLine(`will be removed:\n${formatTable(describe(bots))}`);
    if (!await confirm("Remove it? It cannot be undone.")) {
      throw new CommandError("Cannot remove: not confirmed");
    }
  }
  const all = bots.reduce((sum, { sessions }) => sum + sessions, 0);
  const progress = new ProgressLine("sessions");
  let removed = 0;
  for (const site of new Set(bots.map(({ site }) => site))) {
    for await (const sessions of removeBotSessions(db, { ...range, site }, marks)) {
      removed += sessions;
      progress.show(Math.min(removed, all), all);
      if (interrupted.aborted) throw new Interrupted("Interrupted: run it again to go on");
    }
  }
  // The chart need not tell of days that differ any more.
  if (range.site === null && range.starts === "-infinity" && range.ends === "infinity") {
    await forgetChange(db);
  }
  const days = await rollUp();
  await (json ? printJson({ removed: bots, days }) : printLine(
    bots.length === 0
      ? NOTHING
      : `removed: ${count(removed, "session")} of bots, ${count(days, "day")} of sites rolled up`,
  ));
}

const NOTHING = "no session of a bot is counted, but where a site counts bots";

async function readBotMarks({ db }: Pick<Reached, "db">, range: RebuildRange): Promise<BotMarks> {
  const { userAgents, hosts } = await readMarks(db, range);
  return {
    agents: userAgents.flatMap((userAgent) => {
      const bot = botOfUserAgent(userAgent);
      return bot === undefined ? [] : [{ userAgent, bot }];
    }),
    hosts: hosts.filter(isSpamHost),
  };
}

function describe(bots: CountedBot[]): Record<string, unknown>[] {
  return bots.map((bot) => ({ ...bot }));
}
