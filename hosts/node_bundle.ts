/**
 * Builds `hosts/node.ts` for Node: `deno task build:node DIR` leaves a folder that needs nothing else.
 *
 * `DIR/web/server.mjs` holds the code and its packages; the SQL and what browsers download lie beside it as they do
 * here. The embedded database is left out: production needs a Postgres.
 */
import { cp, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build, type Plugin, stop } from "esbuild";
import { print, printError } from "../log.ts";

const ROOT = new URL("../", import.meta.url);
/** What is read while it runs. */
const FILES = ["migrations", "db/procedures", "etl/procedures", "web/dist", "web/demo"];
const LEFT_OUT = ["./pglite.ts", "pg-native"];
const SERVER = "web/server.mjs";

// Packages lie in Deno's cache, which it alone can read: our own imports by the names of deno.json, theirs by their own.
const packages: Plugin = {
  name: "packages",
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ path, importer }) => {
      if (path.startsWith("node:") || LEFT_OUT.includes(path)) return { path, external: true };
      if (/^[./]/.test(path)) return undefined;
      if (importer.startsWith(fileURLToPath(ROOT))) return { path: fileURLToPath(import.meta.resolve(path)) };
      const resolved = createRequire(importer).resolve(path);
      return resolved.startsWith("/") ? { path: resolved } : { path, external: true };
    });
  },
};

/** @returns the file that Node runs */
export async function bundleForNode(directory: string): Promise<string> {
  for (const path of FILES) {
    await mkdir(`${directory}/${path}`, { recursive: true });
    await cp(new URL(path, ROOT), `${directory}/${path}`, { recursive: true });
  }
  await build({
    entryPoints: [fileURLToPath(new URL("hosts/node.ts", ROOT))],
    outfile: `${directory}/${SERVER}`,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    jsx: "automatic",
    jsxImportSource: "hono/jsx",
    // CommonJS packages ask for Node's own modules by `require`.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    plugins: [packages],
    logLevel: "error",
  });
  await stop();
  return `${directory}/${SERVER}`;
}

if (import.meta.main) {
  const [directory] = Deno.args;
  if (directory === undefined) {
    printError("Name the folder to build into: deno task build:node DIR");
    Deno.exit(2);
  }
  print(`node ${await bundleForNode(directory)}`);
}
