import { readFile } from "node:fs/promises";
import { ConfigError } from "./config.ts";
import { InvalidNetwork, Networks } from "./events/networks.ts";

/** Reads the file of `BOT_NETWORKS`. @throws {ConfigError} If there is none, or a line of it is no network */
export async function readBotNetworks(path: string): Promise<Networks> {
  try {
    return Networks.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new ConfigError([`BOT_NETWORKS is ${JSON.stringify(path)}, but ${reasonOf(error)}`]);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof InvalidNetwork) return error.message;
  if ((error as { code?: unknown }).code === "ENOENT") return "there is no such file";
  return `it cannot be read: ${(error as Error).message}`;
}
