import { parseArgs } from "@std/cli/parse-args";
import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import { CommandError } from "./command.ts";

/** How a command was called makes no sense: exit code 2, by the custom of the shell. */
export class UsageError extends CommandError {
  override name = "UsageError";
}

/** What an option takes: nothing, a value, or a value each time that it is given. */
export type OptionKind = "flag" | "value" | "values";

export interface Arguments {
  /** What is no option, in order. */
  words: string[];
  flag(name: string): boolean;
  value(name: string): string | undefined;
  values(name: string): string[];
  /** @throws {UsageError} If it is missing */
  required(name: string): string;
}

/**
 * The arguments of a command, strictly: nothing unknown passes, since a mistyped `--site` must not erase on all sites.
 *
 * @param mostWords how many words may stand beside the options
 * @throws {UsageError} With a suggestion, where one is close
 */
export function parseArguments(
  args: readonly string[],
  options: Readonly<Record<string, OptionKind>>,
  mostWords = 0,
): Arguments {
  const all: Readonly<Record<string, OptionKind>> = { ...options, help: "flag" };
  const of = (kind: OptionKind) => Object.keys(all).filter((name) => all[name] === kind);
  const valued = joinNumbers(args, (name) => Object.hasOwn(all, name) && all[name] !== "flag");
  const parsed = parseArgs(valued.map((arg) => arg === "-h" ? "--help" : arg), {
    boolean: of("flag"),
    string: [...of("value"), ...of("values"), "_"],
    collect: of("values"),
    unknown: (arg, name) => {
      if (/^-\d/.test(arg)) {
        throw new UsageError(
          `"${arg}" looks like an option: a word with a dash before it is given after --, as -- ${arg}`,
        );
      }
      if (name !== undefined) {
        throw new UsageError(`${arg} is not known${suggest(arg, Object.keys(all), "--")}`);
      }
      return true;
    },
  });
  const end = args.indexOf("--");
  for (const arg of end < 0 ? args : args.slice(0, end)) {
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(arg) ?? [];
    if (name !== undefined && all[name] === "flag") {
      throw new UsageError(`--${name} takes no value, but got "${value}"`);
    }
  }
  for (const name of [...of("value"), ...of("values")]) {
    const values = [parsed[name]].flat().filter((value) => value !== undefined);
    if (values.includes("")) throw new UsageError(`--${name} needs a value`);
  }
  const words = parsed._.map(String);
  if (words.length > mostWords) {
    throw new UsageError(
      `"${words[mostWords]}" is too much${suggest(words[mostWords]!, Object.keys(options), "--")}`,
    );
  }
  const value = (name: string) => parsed[name] as string | undefined;
  return {
    words,
    flag: (name) => parsed[name] === true,
    value,
    values: (name) => parsed[name] as string[],
    required: (name) => {
      const given = value(name);
      if (given === undefined) throw new UsageError(`--${name} is missing`);
      return given;
    },
  };
}

/**
 * `--days -1` as `--days=-1`: no option is a number, so that is a value, which its reader judges.
 *
 * @throws {UsageError} If what follows an option that takes a value looks like an option otherwise
 */
function joinNumbers(args: readonly string[], takesValue: (name: string) => boolean): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [arg, next] = [args[i]!, args[i + 1]];
    if (arg === "--") return [...joined, ...args.slice(i)];
    const isOpen = arg.startsWith("--") && takesValue(arg.slice(2)) && next !== undefined;
    if (isOpen && /^-\d/.test(next)) {
      joined.push(`${arg}=${next}`);
      i++;
      continue;
    }
    if (isOpen && next !== "-h" && /^-[^-]/.test(next)) {
      throw new UsageError(
        `${arg} needs a value, but "${next}" looks like an option: a value with a dash before it is given as ${arg}=${next}`,
      );
    }
    joined.push(arg);
  }
  return joined;
}

/** ` (did you mean …?)` for the name that is closest to a mistyped one; empty where none is close. */
export function suggest(typed: string, names: readonly string[], prefix = ""): string {
  const word = typed.replace(/^-+/, "").replace(/=.*$/s, "");
  if (word === "" || names.length === 0) return "";
  const closest = closestString(word, names);
  const isClose = levenshteinDistance(word, closest) <= Math.max(1, Math.floor(closest.length / 3));
  return isClose ? ` (did you mean ${prefix}${closest}?)` : "";
}

/** The word that says what to do. @throws {UsageError} If it is none of `words`, with the closest */
export function requireWord<T extends string>(given: string | undefined, words: readonly T[]): T {
  const word = words.find((known) => known === given);
  if (word !== undefined) return word;
  const choice = `say ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  throw new UsageError(given === undefined ? choice : `${choice}, not "${given}"${suggest(given, words)}`);
}

/** The value of an option that has a few. @throws {UsageError} If it is none of `values`, with the closest */
export function oneOf<T extends string>(name: string, given: string, values: readonly T[]): T {
  const value = values.find((known) => known === given);
  if (value !== undefined) return value;
  throw new UsageError(
    `--${name} is "${given}", but must be one of ${values.join(", ")}${suggest(given, values)}`,
  );
}

/** A day as `YYYY-MM-DD`. @throws {UsageError} If it is none */
export function parseDay(name: string, text: string): string {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (
    year === undefined || Number(year) < 1 || Number.isNaN(date.getTime()) ||
    date.toISOString().slice(0, 10) !== text
  ) {
    throw new UsageError(`--${name} is "${text}", but must be a day as 2026-03-31`);
  }
  return text;
}

/** `--from` and `--to`, both included. @throws {UsageError} If one is no day, or they are the wrong way round */
export function parseDays(args: Arguments): { from: string; to: string } {
  const from = parseDay("from", args.required("from"));
  const to = parseDay("to", args.required("to"));
  if (to < from) throw new UsageError(`--to ${to} lies before --from ${from}`);
  return { from, to };
}

/** A whole number. @throws {UsageError} If it is none, or out of bounds */
export function parseWhole(name: string, text: string, min: number, max: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`--${name} is "${text}", but must be a whole number from ${min} to ${max}`);
}

/** An id of a site or a visitor. @throws {UsageError} If it can be none */
export function parseId(name: string, text: string): string {
  if (text.length <= 100) return text;
  throw new UsageError(`--${name} has ${text.length} characters, but an id has at most 100`);
}
