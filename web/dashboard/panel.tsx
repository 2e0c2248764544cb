import type { Breakdown, BreakdownRow } from "../../db/stats/breakdown.ts";
import type { Dimension } from "../../db/stats/query.ts";
import { Isolated, isolated } from "./bidi.tsx";
import { type Address, isValue } from "./address.ts";
import { Bar, BarTable } from "./bar.tsx";
import { Empty } from "./empty.tsx";
import { formatCount, formatShare } from "./format.ts";
import { DIMENSION_NAMES, valueName } from "./names.ts";
import { Answered, type Outcome } from "./outcome.tsx";
import { measureOf, type Panel, PANELS } from "./panels.ts";
import { Part, PartLink } from "./part.tsx";

/** The first values of one dimension, with tabs for the others of its kind. */
export function PanelSection(
  { address, panel, dimension, outcome }: {
    address: Address;
    panel: Panel;
    dimension: Dimension;
    outcome: Outcome<Breakdown>;
  },
) {
  const { title } = PANELS[panel];
  return (
    <Part name={panel} label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
        <Tabs address={address} panel={panel} dimension={dimension} />
      </div>
      <Answered outcome={outcome} retry={address.with({})}>
        {(breakdown) => <Values address={address} dimension={dimension} breakdown={breakdown} />}
      </Answered>
    </Part>
  );
}

function Tabs({ address, panel, dimension }: { address: Address; panel: Panel; dimension: Dimension }) {
  const tabs: readonly { title: string; dimensions: readonly Dimension[] }[] = PANELS[panel].tabs;
  const current = tabs.find((tab) => tab.dimensions.includes(dimension))!;
  if (tabs.length === 1) return null;
  return (
    <>
      <nav class="tabs" aria-label={PANELS[panel].title}>
        {tabs.map((tab) => (
          <PartLink
            part={panel}
            href={address.with({ [panel]: tab.dimensions[0]! })}
            current={tab === current}
          >
            {tab.title}
          </PartLink>
        ))}
      </nav>
      {current.dimensions.length > 1 && (
        <nav class="tabs second" aria-label={current.title}>
          {current.dimensions.map((other) => (
            <PartLink part={panel} href={address.with({ [panel]: other })} current={other === dimension}>
              {DIMENSION_NAMES[other].one}
            </PartLink>
          ))}
        </nav>
      )}
    </>
  );
}

function Values(
  { address, dimension, breakdown }: { address: Address; dimension: Dimension; breakdown: Breakdown },
) {
  const { rows, total, count } = breakdown;
  if (rows.length === 0) return <Empty address={address} />;
  const measure = measureOf(dimension);
  const most = rows[0]![measure];
  const { one, many } = DIMENSION_NAMES[dimension];
  return (
    <>
      <BarTable
        caption={many}
        columns={[one, { sessions: "Sessions", pageviews: "Views", events: "Events" }[measure], "Share"]}
      >
        {rows.map((row) => (
          <tr>
            <ValueCells {...{ address, dimension, row, measure, most, total }} />
          </tr>
        ))}
      </BarTable>
      {!address.isEmbedded && (
        <p class="panel-foot">
          <a href={address.to(dimension)}>
            {count > rows.length ? `All ${formatCount(count)} ${many.toLowerCase()}` : `${many} in detail`}
          </a>
        </p>
      )}
    </>
  );
}

/** A row's value with its bar, its figure, and the share that this is of all. */
export function ValueCells({ address, dimension, row, measure, most, total }: {
  address: Address;
  dimension: Dimension;
  row: BreakdownRow;
  measure: ReturnType<typeof measureOf>;
  /** The figure of the first row: the longest bar. */
  most: number;
  total: Breakdown["total"];
}) {
  return (
    <>
      <th scope="row">
        <Bar share={row[measure] / most} />
        <ValueLink address={address} dimension={dimension} value={row.value} />
      </th>
      <td>{formatCount(row[measure])}</td>
      <td class="soft">{formatShare(row[measure] / total[measure])}</td>
    </>
  );
}

/** A value, as a link that filters by it. */
export function ValueLink(
  { address, dimension, value }: { address: Address; dimension: Dimension; value: string },
) {
  const name = valueName(dimension, value);
  return (
    <a
      class={value === "" ? "value soft" : "value"}
      href={address.withFilter(isValue(dimension, value))}
      title={isolated(name)}
    >
      <Isolated text={name} />
    </a>
  );
}
