import type { LeftOutBots } from "../../db/stats/bots.ts";
import type { DefinitionChange } from "../../db/stats/definition_changes.ts";
import { isolated } from "./bidi.tsx";
import { formatCount, formatDate } from "./format.ts";

const MOST_NAMED = 3;

/** How much of what bots sent is in no figure; nothing where they sent nothing. */
export function BotsLine({ bots }: { bots: LeftOutBots }) {
  const parts = [
    ...counted(bots.pageviews, "pageview"),
    ...counted(bots.events, "event"),
  ];
  if (parts.length === 0) return null;
  const named = bots.named.slice(0, MOST_NAMED)
    .map(({ bot, pageviews, events }) => `${isolated(bot)} ${formatCount(pageviews + events)}`).join(", ");
  return (
    <p class="chart-foot soft small" id="bots">
      Left out: {parts.join(" and ")} of bots ({named}
      {bots.named.length > MOST_NAMED && ", …"}).
    </p>
  );
}

const CHANGES: Record<DefinitionChange["change"], string> = {
  bots: "bots are left out. Days before count them",
};

/** From which day on the figures of the chart mean something else. */
export function ChangesNote({ changes }: { changes: DefinitionChange[] }) {
  return (
    <>
      {changes.map(({ day, change }) => (
        <p class="chart-foot soft small">
          Since <time datetime={day}>{formatDate(day)}</time> {CHANGES[change]}.
        </p>
      ))}
    </>
  );
}

function counted(number: number, noun: string): string[] {
  return number === 0 ? [] : [`${formatCount(number)} ${noun}${number === 1 ? "" : "s"}`];
}
