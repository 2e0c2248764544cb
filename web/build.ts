/**
 * Builds what `web/dist` holds from `web/tracker` and `web/dashboard`: `deno task build`.
 *
 * The output is committed, so that serving needs no build step; `--check` builds in memory and fails where the
 * committed files differ from their source.
 */
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { build, stop, transform } from "esbuild";
import { compressBrotli, compressGzip } from "./assets.ts";
import { print, printError } from "../log.ts";

const DIST = new URL("./dist/", import.meta.url);

/** What browsers parse since 2020 (Chrome 85, Firefox 79, Safari 14); an older one runs nothing of it. */
const MINIFIED = { minify: true, target: "es2021", charset: "utf8" } as const;

interface Output {
  /** Its entry point. */
  entry: string;
  /** Stands in pages of others: every byte counts, and no name of it may be seen there. */
  isGuest?: boolean;
}

/** By their name in `web/dist`. */
const OUTPUTS: Record<string, Output> = {
  "tracking.js": { entry: "./tracker/main.ts", isGuest: true },
  "vitals.js": { entry: "./tracker/vitals.ts", isGuest: true },
  "assets/dashboard.js": { entry: "./dashboard/browser/main.ts" },
  "assets/dashboard.css": { entry: "./dashboard/style/main.css" },
};

// Deno keeps packages where esbuild does not look for them; as modules, so that what is not used can be left out.
const UPLOT = new URL(import.meta.resolve("uplot")).pathname.replace(/[^/]*$/, "");
const PACKAGES = { "uplot/style.css": `${UPLOT}uPlot.min.css`, "uplot": `${UPLOT}uPlot.esm.js` };

/** The minified files, by their name in `web/dist`. */
async function buildAll(): Promise<Map<string, string>> {
  const built = new Map<string, string>();
  try {
    for (const [name, { entry, isGuest }] of Object.entries(OUTPUTS)) {
      const { outputFiles } = await build({
        entryPoints: [new URL(entry, import.meta.url).pathname],
        bundle: true,
        format: "esm",
        write: false,
        legalComments: "none",
        alias: PACKAGES,
        ...MINIFIED,
        // The project's own tsconfig rules are Deno's; esbuild needs none.
        tsconfigRaw: "{}",
      });
      if (!isGuest) {
        built.set(name, outputFiles[0]!.text.trim());
        continue;
      }
      // A block hides names as well as a function does, and is shorter, once bundling's `var` is `let` again. The
      // second pass joins what bundling left apart.
      const block = `{${outputFiles[0]!.text.replace(/\bvar\b/g, "let")}}`;
      built.set(name, (await transform(block, MINIFIED)).code.trim());
    }
  } finally {
    await stop();
  }
  return built;
}

/** Names of the files in `web/dist` that are not what their source gives. */
async function staleFiles(): Promise<string[]> {
  const stale: string[] = [];
  for (const [name, text] of await buildAll()) {
    const committed = await readFile(new URL(name, DIST), "utf8").catch(() => "");
    if (committed !== text) stale.push(name);
  }
  return stale;
}

async function main(check: boolean): Promise<number> {
  if (check) {
    const stale = await staleFiles();
    for (const name of stale) printError(`web/dist/${name} is stale: run \`deno task build\``);
    return stale.length ? 1 : 0;
  }
  for (const [name, text] of await buildAll()) {
    await writeFile(new URL(name, DIST), text);
    const bytes = new TextEncoder().encode(text);
    const [br, gz] = [await compressBrotli(bytes), await compressGzip(bytes)];
    print(`web/dist/${name}: ${bytes.length} bytes, ${gz.length} gzip, ${br.length} brotli`);
  }
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.includes("--check"));
