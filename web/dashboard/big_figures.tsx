import type { Medians } from "../../db/stats/medians.ts";
import type { Totals } from "../../db/stats/totals.ts";
import type { Address } from "./address.ts";
import { type Figure, FIGURE_KEYS, FIGURES } from "./figures.ts";
import { changeOf, formatCompact, formatFigure } from "./format.ts";

/** The figures of the period, each with its change; a click draws it. */
export function BigFigures(
  { address, current, previous, medians, chosen }: {
    address: Address;
    current: Totals;
    /** Null where nothing is compared. */
    previous: Totals | null;
    medians: Medians;
    chosen: Figure;
  },
) {
  return (
    <ul class="figures" id="figures">
      {FIGURE_KEYS.map((key) => (
        <li>
          <a
            href={address.with({ figure: key === "visitors" ? null : key })}
            aria-current={key === chosen ? "true" : undefined}
            data-figure={key}
            title={FIGURES[key].definition}
          >
            <span class="figure-title">{FIGURES[key].title}</span>
            <FigureText figure={current[key]} name={key} />
            {isOfTime(key) && <span class="median">Median {formatFigure(medians[key], "seconds")}</span>}
            {previous && <ChangeText now={current[key]} before={previous[key]} name={key} />}
          </a>
        </li>
      ))}
    </ul>
  );
}

function isOfTime(key: Figure): key is keyof Medians {
  return key === "engagedSeconds" || key === "sessionSeconds";
}

/** In full where there is room, else shortened; a screen reader says it in full. */
function FigureText({ figure, name }: { figure: number | null; name: Figure }) {
  const { unit } = FIGURES[name];
  const full = formatFigure(figure, unit);
  const compact = unit === "count" && figure !== null ? formatCompact(figure) : full;
  if (compact === full) return <strong class="figure">{full}</strong>;
  return (
    <strong class="figure">
      <span class="full">{full}</span>
      <span class="compact" aria-hidden="true">{compact}</span>
    </strong>
  );
}

const ARROWS = { up: "↑", down: "↓", level: "→" };
const WORDS = { up: "more than", down: "less than", level: "as much as" };

function ChangeText({ now, before, name }: { now: number | null; before: number | null; name: Figure }) {
  const { unit, moreIsGood } = FIGURES[name];
  const change = changeOf(now, before);
  if (!change) return <span class="change">no comparison</span>;
  const judged = change.direction === "level"
    ? "change"
    : (change.direction === "up") === moreIsGood
    ? "change good"
    : "change bad";
  return (
    <span class={judged} title={`${formatFigure(before, unit)} before`}>
      <span aria-hidden="true">{ARROWS[change.direction]}</span> {change.text}
      <span class="hidden">{WORDS[change.direction]} before, when it was {formatFigure(before, unit)}</span>
    </span>
  );
}
