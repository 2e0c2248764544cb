import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** Where the running dev server is, and what opens it. */
export interface DevServer {
  url: string;
  adminToken: string;
  /** The embedded database that it has open, as `pglite:.data/pg`. */
  database: string;
}

// Beside the embedded database, which only one process can have open: the others ask that one.
const FOLDER = ".data";
const FILE = `${FOLDER}/dev_server.json`;

/** Writes it down for the other tasks; readable by its owner only. */
export function rememberDevServer(server: DevServer): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(FILE, JSON.stringify(server), { mode: 0o600 });
}

/** Unless another one has started here since. */
export function forgetDevServer(url: string): void {
  if (readDevServer()?.url === url) rmSync(FILE, { force: true });
}

/** The dev server that runs here now, or undefined. */
export async function findDevServer(): Promise<DevServer | undefined> {
  const server = readDevServer();
  if (!server) return undefined;
  // A killed server leaves its file behind; whoever listens there now does not know the token.
  const response = await fetch(new URL("/etl/status", server.url), {
    headers: { authorization: `Bearer ${server.adminToken}` },
  }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok ? server : undefined;
}

function readDevServer(): DevServer | undefined {
  try {
    return JSON.parse(readFileSync(FILE, "utf8"));
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
