// @ts-types="@types/pg"
import pg from "pg";

/** Reads the text that Postgres prints for a value of one type. */
export type ValueParser = (text: string) => unknown;

// Object ids of built-in types, from pg_type; they never change.
const INT8 = 20, INT2 = 21, INT4 = 23, OID = 26, FLOAT4 = 700, FLOAT8 = 701, NUMERIC = 1700;
const BOOL = 16, BYTEA = 17, JSON_TEXT = 114, JSONB = 3802, TIMESTAMPTZ = 1184;

const NUMBERS = [INT8, INT2, INT4, OID, FLOAT4, FLOAT8, NUMERIC];

/** Whether values of the type are numbers. */
export function isNumeric(oid: number): boolean {
  return NUMBERS.includes(oid);
}

const parseNumber: ValueParser = (text) => Number(text);
const parseJson: ValueParser = (text) => JSON.parse(text);
const asText: ValueParser = (text) => text;

/** Parses both formats of `bytea_output`: `\\x` with hex digits, and characters with octal escapes. */
function parseBytes(text: string): Uint8Array {
  if (text.startsWith("\\x")) return Uint8Array.fromHex(text.slice(2));
  const characters = text.replace(
    /\\(\d{3}|\\)/g,
    (_, escaped) => escaped === "\\" ? escaped : String.fromCharCode(parseInt(escaped, 8)),
  );
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}

const SCALARS: ReadonlyMap<number, ValueParser> = new Map<number, ValueParser>([
  ...NUMBERS.map((oid) => [oid, parseNumber] as const),
  [BOOL, (text) => text === "t"],
  [BYTEA, parseBytes],
  [JSON_TEXT, parseJson],
  [JSONB, parseJson],
  [TIMESTAMPTZ, pg.types.getTypeParser(TIMESTAMPTZ, "text") as ValueParser],
  // date, timestamp, time, interval, inet, uuid and geometry stay text: JavaScript has no type that holds
  // just as much.
  ...[18, 19, 25, 600, 650, 718, 869, 1042, 1043, 1082, 1083, 1114, 1186, 1266, 2950].map((oid) =>
    [oid, asText] as const
  ),
]);

// The type of an array, and the type of its elements.
const ARRAYS: ReadonlyMap<number, number> = new Map([
  [199, JSON_TEXT],
  [651, 650],
  [1000, BOOL],
  [1001, BYTEA],
  [1002, 18],
  [1003, 19],
  [1005, INT2],
  [1007, INT4],
  [1009, 25],
  [1014, 1042],
  [1015, 1043],
  [1016, INT8],
  [1021, FLOAT4],
  [1022, FLOAT8],
  [1028, OID],
  [1041, 869],
  [1115, 1114],
  [1182, 1082],
  [1183, 1083],
  [1185, TIMESTAMPTZ],
  [1187, 1186],
  [1231, NUMERIC],
  [2951, 2950],
  [3807, JSONB],
]);

/** The parsers by object id, the same for both drivers. */
export const valueParsers: ReadonlyMap<number, ValueParser> = new Map([
  ...SCALARS,
  ...[...ARRAYS].map(([array, element]) => [array, arrayParser(SCALARS.get(element) ?? asText)] as const),
]);

/** The parser of a type; a type that is not listed stays text. */
export function parserOf(oid: number): ValueParser {
  return valueParsers.get(oid) ?? asText;
}

function arrayParser(element: ValueParser): ValueParser {
  // The driver's own declaration names strings only.
  const { create } = pg.types.arrayParser as unknown as {
    create(text: string, element: ValueParser): { parse(): unknown[] };
  };
  return (text) => create(text, element).parse();
}

/**
 * A parameter as the text that Postgres reads, the same for both drivers.
 *
 * @throws {RangeError} If a Date is invalid
 */
export function formatParameter(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `\\x${value.toHex()}`;
  if (Array.isArray(value)) return formatArray(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function formatArray(values: readonly unknown[]): string {
  const elements = values.map((value) => {
    if (Array.isArray(value)) return formatArray(value);
    const text = formatParameter(value);
    return text === null ? "NULL" : `"${text.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${elements.join(",")}}`;
}
