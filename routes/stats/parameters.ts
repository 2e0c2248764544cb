import { z } from "@hono/zod-openapi";
import {
  COMPARISONS,
  dayCount,
  daysOf,
  EARLIEST_DAY,
  LATEST_DAY,
  MAX_DAYS,
  PERIODS,
} from "../../db/stats/period.ts";
import {
  type DayRange,
  type Dimension,
  DIMENSIONS,
  type Filter,
  type Operator,
  OPERATORS,
} from "../../db/stats/query.ts";
import type { SiteDays } from "../../db/stats/sites.ts";
import { readCountries } from "./countries.ts";
import type { FieldError } from "../problem.ts";

const MAX_FILTERS = 20;
const MAX_VALUES = 100;
/** As long as a path may be. */
const MAX_LENGTH = 2_048;

/** Parameters that cannot be answered: what is wrong with which, and what would be right. */
export class BadParameters extends Error {
  override name = "BadParameters";
  constructor(readonly errors: FieldError[]) {
    super(errors.map(({ message }) => message).join("; "));
  }
}

/** One of `names`; the message lists them. */
export function oneOf<const T extends readonly [string, ...string[]]>(name: string, names: T) {
  return z.enum(names, { error: `${name} must be one of ${names.join(", ")}` });
}

/** A whole number; `otherwise` where it is not given. */
export function wholeNumber(name: string, min: number, max: number, otherwise: number) {
  const error = `${name} must be a whole number from ${min} to ${max}`;
  return z.string({ error }).regex(/^\d{1,9}$/, error).transform(Number)
    .refine((number) => number >= min && number <= max, error)
    .default(otherwise)
    .openapi({ type: "integer", minimum: min, maximum: max, default: otherwise });
}

/** A text of at most `max` characters; of those that Postgres holds. */
export function shortText(name: string, max: number) {
  const error = `${name} must be a text of 1 to ${max} characters, none of them NUL`;
  return z.string({ error }).min(1, error).max(max, error).refine((text) => !text.includes("\0"), error);
}

/** `true` or `false`, which it is where it is not given. */
export function yesNo(name: string) {
  return z.enum(["true", "false"], { error: `${name} must be true or false` })
    .default("false").transform((text) => text === "true")
    .openapi({ type: "boolean", default: false });
}

/** A parameter that may be given several times, as a list. */
export function repeatable<T extends z.ZodType>(each: T, max: number, error: string) {
  return z.preprocess(
    (given) => given === undefined ? [] : [given].flat(),
    z.array(each).max(max, error),
  );
}

const day = (name: string) =>
  z.iso.date({ error: `${name} must be a day such as 2026-11-22`, abort: true })
    .refine(
      (day) => EARLIEST_DAY <= day && day <= LATEST_DAY,
      `${name} must be a day from ${EARLIEST_DAY} to ${LATEST_DAY}`,
    )
    .openapi({ format: "date" });

/** `period`, or `from` and `to`. */
export const RANGE = {
  period: oneOf("period", PERIODS).optional().openapi({
    description: "The days that end with the site's today; 30d where no range is given.",
    example: "30d",
  }),
  from: day("from").optional().openapi({
    description:
      "The first day, in the site's time zone; with `to`, in place of `period`. At most five years.",
    example: "2026-11-01",
  }),
  to: day("to").optional().openapi({ description: "The last day, included.", example: "2026-11-22" }),
};

/** `filter`, as often as there are conditions. */
export const FILTERS = {
  filter: repeatable(
    z.string().transform(readFilter),
    MAX_FILTERS,
    `There may be at most ${MAX_FILTERS} filters`,
  )
    .openapi({
      type: "array",
      items: { type: "string" },
      param: { required: false },
      description:
        "`dimension:operator:value`, with several values as `a|b` (any of them); a literal `|` or `\\` is " +
        `written \`\\|\` or \`\\\\\`. Given several times, all have to fit. Dimensions: ${
          DIMENSIONS.join(", ")
        }. ` +
        `Operators: ${
          OPERATORS.join(", ")
        }. An unknown value is empty: \`country:is:\`. Countries are codes or English names: ` +
        "`country:is:DE`, `country:is:Germany`; `contains` looks at the names.",
      example: ["country:is:DE|FR", "page:contains:/blog"],
    }),
};

export const COMPARE = oneOf("compare", COMPARISONS);

/** The days that are asked about. @throws {BadParameters} */
export function readRange(
  { period, from, to }: { period?: typeof PERIODS[number]; from?: string; to?: string },
  { today, firstDay }: Pick<SiteDays, "today" | "firstDay">,
): DayRange {
  const refuse = (path: string, message: string) => new BadParameters([{ path, message }]);
  if (from === undefined && to === undefined) return daysOf(period ?? "30d", today, firstDay);
  if (period !== undefined) throw refuse("period", "period stands alone: give either period, or from and to");
  if (from === undefined) throw refuse("from", "from is missing: to is the last day, from the first");
  if (to === undefined) throw refuse("to", "to is missing: from is the first day, to the last");
  const days = dayCount({ from, to });
  if (days < 1) throw refuse("to", "to must not be before from");
  if (days > MAX_DAYS) throw refuse("from", `from must be at most five years (${MAX_DAYS} days) before to`);
  return { from, to };
}

/** Reads `dimension:operator:v1|v2`; what is wrong becomes an issue of `context`. */
function readFilter(text: string, context: z.RefinementCtx): Filter {
  const parsed = parseFilter(text);
  if (typeof parsed !== "string") return parsed;
  context.addIssue({ code: "custom", message: parsed });
  return z.NEVER;
}

/** The filter that `dimension:operator:v1|v2` stands for, or what is wrong with it. */
export function parseFilter(text: string): Filter | string {
  const [, dimension, operator, list] = /^([^:]*):([^:]*):([^]*)$/.exec(text) ?? [];
  if (dimension === undefined || operator === undefined || list === undefined) {
    return "filter must be dimension:operator:value, such as country:is:DE|FR";
  }
  if (!(DIMENSIONS as readonly string[]).includes(dimension)) {
    return `filter must begin with one of ${DIMENSIONS.join(", ")}`;
  }
  if (!(OPERATORS as readonly string[]).includes(operator)) {
    return `filter's operator must be one of ${OPERATORS.join(", ")}`;
  }
  const values = splitValues(list);
  if (values.length > MAX_VALUES) return `filter may have at most ${MAX_VALUES} values`;
  if (values.some((value) => value.length > MAX_LENGTH)) {
    return `filter's values may have at most ${MAX_LENGTH} characters each`;
  }
  if (values.some((value) => value.includes("\0"))) return "filter's values may not contain a NUL";
  if (operator.startsWith("contains") && values.includes("")) {
    return `filter's ${operator} needs a text: every value contains the empty one`;
  }
  return readCountries({ dimension: dimension as Dimension, operator: operator as Operator, values });
}

/** The text that {@linkcode parseFilter} reads as this filter. */
export function formatFilter({ dimension, operator, values }: Filter): string {
  return `${dimension}:${operator}:${values.map((value) => value.replace(/[\\|]/g, "\\$&")).join("|")}`;
}

function splitValues(list: string): string[] {
  const values = [""];
  for (const [part] of list.matchAll(/\\[^]|[^]/g)) {
    if (part === "|") values.push("");
    else values[values.length - 1] += part.length > 1 ? part.slice(1) : part;
  }
  return values;
}
