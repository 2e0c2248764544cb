/**
 * The rules of who may import what, and where the runtime may be touched: part of `deno task check`.
 *
 * They are read from the text of the sources: comments, strings and regular expressions are blanked first.
 */
import { print, printError } from "../log.ts";

export interface Violation {
  /** From the project's root. */
  file: string;
  line: number;
  rule: string;
}

interface Import {
  line: number;
  /** From the project's root where it is one of our files, else as it is written. */
  target: string;
  ours: boolean;
  /** It brings in types only. */
  typeOnly: boolean;
}

/** Longer files usually hold two nouns. */
const MAX_LINES = 300;

// Generated, to be read by a person who searches in it.
const LONG_FILES = ["db/schema.sql"];

// Which of our files the files of a folder may import, beside those of the same folder.
const FOLDERS: Record<string, { rule: string; allows: (target: Import) => boolean }> = {
  routes: {
    rule: "routes and etl never import each other",
    allows: ({ target }) => !target.startsWith("etl/"),
  },
  etl: {
    rule: "routes and etl never import each other",
    allows: ({ target }) => !target.startsWith("routes/"),
  },
  db: {
    rule: "db imports nothing of ours but log.ts and version.ts",
    allows: ({ target }) => target === "log.ts" || target === "version.ts",
  },
  events: {
    rule: "events imports nothing of ours but types from db/event_row.ts",
    allows: ({ target, typeOnly }) => target === "db/event_row.ts" && typeOnly,
  },
  web: {
    rule: "web imports nothing of ours but log.ts and types from db/stats",
    allows: ({ target, typeOnly }) => target === "log.ts" || target.startsWith("db/stats/") && typeOnly,
  },
};

const ENV_RULE = "the environment is read in config.ts only";

// What only one file may touch. Tests and benchmarks read settings and start servers of their own.
const TOUCHES = [
  { pattern: /\bDeno\s*\??\.\s*env\b/g, only: "config.ts", rule: ENV_RULE },
  { pattern: /\bprocess\s*\??\.\s*env\b/g, only: "config.ts", rule: ENV_RULE },
  { pattern: /\{[^{}]*\benv\b[^{}]*\}\s*=\s*(?:Deno|process)\s*[;\n]/g, only: "config.ts", rule: ENV_RULE },
  { pattern: /\bDeno\s*\??\.\s*cron\b/g, only: "main.ts", rule: "Deno.cron appears in main.ts only" },
  { pattern: /\bDeno\s*\??\.\s*serve\b/g, only: "main.ts", rule: "Deno.serve appears in main.ts only" },
];
// What Node has to run, too; the lock is the embedded database's and the socket deno-postgres's, which Node has no
// use for.
const PORTABLE =
  /^(?:(?:routes|events|etl|db)\/|(?:system|listening|config|log|version|geoip|bot_networks|base_path)\.ts$|web\/(?:assets|home)\.ts$|hosts\/node(?:_20)?\.ts$)/;
const DENO_ONLY = ["db/directory_lock.ts", "db/driver_socket.ts"];
const CONSOLE = /\bconsole\s*\??\.\s*\w/g;

/** What the source `text` of `file` (a path from the project's root) violates. */
export function checkSource(file: string, text: string): Violation[] {
  const code = file.endsWith(".sql") ? "" : blank(text);
  const violations: Violation[] = [];
  const add = (line: number, rule: string) => violations.push({ file, line, rule });
  const inTests = file.startsWith("tests/");
  const inBench = file.startsWith("bench/");

  const folder = file.split("/")[0]!;
  for (const found of importsOf(file, text, code)) {
    if (!found.ours) continue;
    if (found.target.startsWith("tests/") && !inTests && !inBench) {
      add(found.line, "nobody imports tests but tests and bench");
    }
    const limit = Object.hasOwn(FOLDERS, folder) ? FOLDERS[folder] : undefined;
    if (limit && !found.target.startsWith(`${folder}/`) && !limit.allows(found)) add(found.line, limit.rule);
  }
  for (const { pattern, only, rule } of TOUCHES) {
    if (file === only || inTests || inBench) continue;
    for (const match of code.matchAll(pattern)) add(lineOf(text, match.index), rule);
  }
  if (PORTABLE.test(file) && !DENO_ONLY.includes(file)) {
    for (const match of code.matchAll(/\bDeno\b/g)) {
      const line = lineOf(text, match.index);
      // A rule of its own has said so already.
      if (!violations.some((violation) => violation.line === line)) {
        add(line, "what Node runs, too, does not name Deno");
      }
    }
  }
  if (file !== "log.ts") {
    for (const match of code.matchAll(CONSOLE)) {
      add(lineOf(text, match.index), "console appears in log.ts only");
    }
  }
  const lines = text.replace(/\n$/, "").split("\n").length;
  if (lines > MAX_LINES && !LONG_FILES.includes(file)) {
    add(MAX_LINES + 1, `a file has at most ${MAX_LINES} lines, this one has ${lines}`);
  }
  return violations.sort((a, b) => a.line - b.line);
}

/** What the sources below `root` violate. */
export async function checkProject(root: URL): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const file of await sourcesOf(root, "")) {
    violations.push(...checkSource(file, await Deno.readTextFile(new URL(file, root))));
  }
  return violations;
}

const SOURCE = /\.(?:ts|tsx|js|mjs|sql)$/;
const NOT_OURS = /^(?:node_modules|web\/dist)\/$|(?:^|\/)\.[^/]*\/$/;

async function sourcesOf(root: URL, folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    const path = folder + name;
    if (!isDirectory) {
      if (SOURCE.test(name)) files.push(path);
    } else if (!NOT_OURS.test(`${path}/`)) files.push(...await sourcesOf(root, `${path}/`));
  }
  return files.sort();
}

// In blanked code: `import … from "`, `export … from "`, `import "` and `import("`, up to the quote.
const IMPORT =
  /\b(?:import|export)\b(\s*(?:type\b)?[\w$\s{},*]*?)\bfrom\s*["']|\bimport\s*["']|\bimport\s*\(\s*["'`]/g;

function importsOf(file: string, text: string, code: string): Import[] {
  return [...code.matchAll(IMPORT)].map((match) => {
    const start = match.index + match[0].length;
    const specifier = text.slice(start, text.indexOf(text[start - 1]!, start));
    const ours = /^\.{0,2}\//.test(specifier);
    // The base is any: only the path counts.
    const target = ours ? new URL(specifier, `file:///${file}`).pathname.slice(1) : specifier;
    return { line: lineOf(text, match.index), target, ours, typeOnly: isTypeOnly(match[1]) };
  });
}

/** @param clause what stands between `import` and `from`; undefined where there is no `from` */
function isTypeOnly(clause: string | undefined): boolean {
  if (clause === undefined) return false;
  if (/^\s*type\s+[\w${*]/.test(clause)) return true;
  const names = /^\s*\{([^}]*)\}\s*$/.exec(clause)?.[1]?.split(",").filter((name) => name.trim() !== "");
  return names !== undefined && names.length > 0 && names.every((name) => /^\s*type\s/.test(name));
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

// A comment, a string, the text of a template up to its end or its next `${`, or a regular expression. What a slash
// means depends on what stands before it.
const TOKEN = /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[`{}]|\/(?![/*])/g;
const TEMPLATE_TEXT = /(?:\\[^]|\$(?!\{)|[^`\\$])*/y;
const REGEXP = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/y;
const BEFORE_REGEXP =
  /(?:^|[(,=:[!&|?{};+\-*%~^<>\n]|\b(?:return|typeof|case|in|of|yield|await|throw|void|delete|else|do))\s*$/;

/** The text with blanks for all that is no code: as long, with the same lines; the quotes themselves stay. */
function blank(text: string): string {
  const out: string[] = [];
  // One entry for each open brace: whether it is the `${` of a template.
  const braces: boolean[] = [];
  let at = 0;
  const keep = (until: number) => {
    out.push(text.slice(at, until));
    at = until;
  };
  const hide = (until: number) => {
    out.push(text.slice(at, until).replace(/[^\n]/g, " "));
    at = until;
  };
  const template = () => {
    TEMPLATE_TEXT.lastIndex = at;
    TEMPLATE_TEXT.test(text);
    hide(TEMPLATE_TEXT.lastIndex);
    if (text[at] === "$") braces.push(true);
    keep(Math.min(at + (text[at] === "$" ? 2 : 1), text.length));
  };
  for (;;) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    if (!token) break;
    keep(token.index);
    const [found] = token;
    const end = token.index + found.length;
    if (found === "`") {
      keep(end);
      template();
    } else if (found === "{") {
      braces.push(false);
      keep(end);
    } else if (found === "}") {
      keep(end);
      if (braces.pop()) template();
    } else if (found === "/") {
      REGEXP.lastIndex = at;
      const isRegexp = BEFORE_REGEXP.test(out.slice(-8).join("")) && REGEXP.test(text);
      if (isRegexp) hide(REGEXP.lastIndex);
      else keep(end);
    } else if (found.startsWith("/")) {
      hide(end);
    } else {
      keep(at + 1);
      hide(end - 1);
      keep(end);
    }
  }
  keep(text.length);
  return out.join("");
}

if (import.meta.main) {
  const violations = await checkProject(new URL("../", import.meta.url));
  for (const { file, line, rule } of violations) printError(`${file}:${line}: ${rule}`);
  if (violations.length > 0) Deno.exit(1);
  print("import rules: every file keeps to them");
}
