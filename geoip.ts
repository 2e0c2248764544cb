import { Buffer } from "node:buffer";
import { readFile, stat } from "node:fs/promises";
import { LRUCache } from "lru-cache";
import { Reader, type Response } from "mmdb-lib";
import { ConfigError } from "./config.ts";
import { countryCode } from "./events/country.ts";
import { log } from "./log.ts";

// A file is replaced every week or so, and a look at it costs next to nothing.
const RECHECK_MS = 60_000;
// Decoded records by their place in the file, never by an address: a file of countries has some hundreds of them.
const DECODED_RECORDS = 5_000;

const MARKER = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");

/**
 * Countries of addresses, by a file in MaxMind's format (https://maxmind.github.io/MaxMind-DB/): MaxMind's own, and
 * those of others who keep a country as `country.iso_code`, `country_code` or `country`.
 *
 * The file is read into memory, and read again when it was replaced: whoever asks has it looked at, once a minute. One
 * that cannot be read any more is said in the log, and the last good one stays. An address is looked up and forgotten.
 */
export class Geoip {
  readonly #path: string;
  readonly #recheckMs: number;
  #reader: Reader<Response>;
  #version: string;
  #checkedAt = Date.now();
  #isRefreshing = false;

  private constructor(path: string, recheckMs: number, reader: Reader<Response>, version: string) {
    this.#path = path;
    this.#recheckMs = recheckMs;
    this.#reader = reader;
    this.#version = version;
  }

  /** @throws {ConfigError} If there is no such file, or it is none of that format */
  static async open(path: string, recheckMs = RECHECK_MS): Promise<Geoip> {
    try {
      const version = await versionOf(path);
      return new Geoip(path, recheckMs, await readDatabase(path), version);
    } catch (error) {
      throw new ConfigError([`GEOIP_DATABASE is ${JSON.stringify(path)}, but ${reasonOf(error)}`]);
    }
  }

  /** ISO 3166-1 alpha-2; undefined where the file does not tell. Never throws, whatever the file holds. */
  countryOf(address: string): string | undefined {
    if (Date.now() - this.#checkedAt >= this.#recheckMs) void this.#refresh();
    // A tree of IPv4 would be walked with the first bits of an IPv6 address.
    if (this.#reader.metadata.ipVersion === 4 && address.includes(":")) return undefined;
    try {
      return countryOfRecord(this.#reader.get(address));
    } catch {
      return undefined; // damaged at that place
    }
  }

  async #refresh(): Promise<void> {
    // A slow disk must not bring an older file after a newer one.
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    this.#checkedAt = Date.now();
    try {
      const version = await versionOf(this.#path);
      if (version === this.#version) return;
      // Also of a file that is damaged: it is said once.
      this.#version = version;
      this.#reader = await readDatabase(this.#path);
      log.info("the database of addresses was read again", { path: this.#path });
    } catch (error) {
      log.warn("the database of addresses cannot be read again; the last one stays", {
        path: this.#path,
        reason: reasonOf(error),
      });
    } finally {
      this.#isRefreshing = false;
    }
  }
}

class NotMaxMind extends Error {}

async function readDatabase(path: string): Promise<Reader<Response>> {
  const bytes = await readFile(path);
  // The metadata ends the file, so that a file cut short has none.
  if (bytes.lastIndexOf(MARKER) === -1) throw new NotMaxMind();
  let reader;
  try {
    reader = new Reader<Response>(bytes, {
      cache: new LRUCache<PropertyKey, NonNullable<unknown>>({ max: DECODED_RECORDS }),
    });
  } catch (error) {
    throw new NotMaxMind(undefined, { cause: error });
  }
  if (!(reader.metadata.searchTreeSize < bytes.length)) throw new NotMaxMind();
  return reader;
}

/** Another one for a file that was replaced or written to. */
async function versionOf(path: string): Promise<string> {
  const { ino, size, mtimeMs } = await stat(path);
  return `${ino} ${size} ${mtimeMs}`;
}

function countryOfRecord(record: Response | null): string | undefined {
  const { country, country_code } = (record ?? {}) as { country?: unknown; country_code?: unknown };
  return countryCode((country as { iso_code?: unknown } | undefined)?.iso_code) ??
    countryCode(country_code) ??
    countryCode(country);
}

function reasonOf(error: unknown): string {
  if (error instanceof NotMaxMind) return "it is no MaxMind DB file (.mmdb), or a damaged one";
  if ((error as { code?: unknown }).code === "ENOENT") return "there is no such file";
  return `it cannot be read: ${(error as Error).message}`;
}
