/**
 * Rows by columns: what a half of the visitors answers about many values, so that both are put together here at the cost of a few lists
 * in the place of an object a value.
 */
import { compareBytes } from "./halves.ts";

/** Of so many values a half they are put together here; of more the database sorts those of the whole, and answers the first ones. */
export const MOST_VALUES = 100_000;

/** Of each row its value, each once, and its figures, side by side. */
export interface Columns<Figure extends string> {
  values: (string | null)[];
  figures: Record<Figure, number[]>;
}

export type Row<Figure extends string> = { value: string | null } & Record<Figure, number>;

/** SQL of one JSON object: the {@linkcode Columns} of `table`. */
export function asColumns(figures: readonly string[], table: string): string {
  const list = (column: string) => `coalesce(json_agg(${column}), '[]')`;
  const lists = figures.map((figure) => `'${figure}', ${list(figure)}`);
  return `(
      select json_build_object('values', ${list("value")}, 'figures', json_build_object(${lists.join(", ")}))
      from ${table}
    )`;
}

/** The rows of all of them, those of one value summed up. */
export function sumColumns<Figure extends string>(
  parts: readonly Columns<Figure>[],
  names: readonly Figure[],
): Columns<Figure> {
  const places = new Map<string | null, number>();
  const values: (string | null)[] = [];
  const figures = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Figure, number[]>;
  for (const part of parts) {
    for (const [i, value] of part.values.entries()) {
      let place = places.get(value);
      if (place === undefined) {
        place = values.push(value) - 1;
        places.set(value, place);
        for (const name of names) figures[name].push(0);
      }
      for (const name of names) figures[name][place]! += part.figures[name][i]!;
    }
  }
  return { values, figures };
}

/**
 * The first rows by the figures of `order`, the greatest first, then by value as the database orders them, null first.
 *
 * @param count how many, at most
 */
export function firstRows<Figure extends string>(
  { values, figures }: Columns<Figure>,
  order: readonly [NoInfer<Figure>, ...NoInfer<Figure>[]],
  count: number,
): Row<Figure>[] {
  const weights = figures[order[0]];
  // Most values are rare: only those that are not less than the last one of the first need be ordered.
  const least = Float64Array.from(weights).sort().at(-count) ?? -Infinity;
  const compare = (a: number, b: number) =>
    order.map((name) => figures[name][b]! - figures[name][a]!).find((difference) => difference !== 0) ??
      compareBytes(values[a] ?? "", values[b] ?? "");
  const names = Object.keys(figures) as Figure[];
  return [...values.keys()].filter((place) => weights[place]! >= least).sort(compare).slice(0, count)
    .map((place) =>
      Object.fromEntries([
        ["value", values[place]],
        ...names.map((name) => [name, figures[name][place]] as const),
      ]) as Row<Figure>
    );
}
