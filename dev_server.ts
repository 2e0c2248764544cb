import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Where a running dev server is, and what opens it. */
export interface DevServer {
  url: string;
  adminToken: string;
  /** The embedded database that it has open, as `pglite:.data/pg`. */
  database: string;
}

const SUFFIX = ".dev_server.json";
// Those whose database is in memory are told apart by their ports.
const MEMORY = "pglite:memory";
const MEMORY_FOLDER = ".data";

/** Writes it down for the other tasks; readable by its owner only. */
export function rememberDevServer(server: DevServer): void {
  const file = fileOf(server);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(server), { mode: 0o600 });
}

/** Unless another one has started there since. */
export function forgetDevServer(server: DevServer): void {
  const file = fileOf(server);
  if (readDevServer(file)?.adminToken === server.adminToken) rmSync(file, { force: true });
}

/** The dev servers that have this embedded database open now: at most one, but for those in memory. */
export async function findDevServers(database: string): Promise<DevServer[]> {
  const found = filesOf(database).flatMap((file) => readDevServer(file) ?? []);
  const alive = await Promise.all(found.map(isAlive));
  return found.filter((_, i) => alive[i]);
}

/** A killed server leaves its file behind; whoever listens there now does not know the token. */
async function isAlive({ url, adminToken }: DevServer): Promise<boolean> {
  const response = await fetch(new URL("/etl/status", url), {
    headers: { authorization: `Bearer ${adminToken}` },
  }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok ?? false;
}

/** Beside the database, which only one process can have open: so two servers never take each other's file. */
function fileOf({ database, url }: DevServer): string {
  return database === MEMORY
    ? `${MEMORY_FOLDER}/memory-${new URL(url).port}${SUFFIX}`
    : besideDirectory(database);
}

function filesOf(database: string): string[] {
  if (database !== MEMORY) return [besideDirectory(database)];
  try {
    return readdirSync(MEMORY_FOLDER)
      .filter((name) => name.startsWith("memory-") && name.endsWith(SUFFIX))
      .map((name) => `${MEMORY_FOLDER}/${name}`);
  } catch {
    return []; // none has run here
  }
}

function besideDirectory(database: string): string {
  return resolve(database.replace(/^pglite:/, "")) + SUFFIX;
}

function readDevServer(file: string): DevServer | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // never written, or half written: none runs
  }
}

/**
 * Puts a request to the dev server.
 *
 * @param body a text as it is, anything else as JSON
 * @throws {Error} With the problem's detail, if it refuses
 */
export async function askDevServer<T>(server: DevServer, path: string, body: unknown = ""): Promise<T> {
  const response = await postToDevServer(server, path, body);
  const answer = await response.json();
  if (!response.ok && answer.detail) throw new Error(answer.detail);
  return answer;
}

/** The same, for an answer of any kind. */
export async function postToDevServer(
  server: DevServer,
  path: string,
  body: unknown = "",
): Promise<Response> {
  const isText = typeof body === "string";
  return await fetch(new URL(path, server.url), {
    method: "POST",
    headers: {
      authorization: `Bearer ${server.adminToken}`,
      "content-type": isText ? "text/plain" : "application/json",
    },
    body: isText ? body : JSON.stringify(body),
  });
}
