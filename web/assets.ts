/**
 * What browsers download from this host: the tracker, the demo site, the dashboard's script and style, read once, compressed ahead.
 *
 * Compressing at the highest quality takes milliseconds and a request's time is worth more, so each file is held in
 * every encoding from the start; all of it together is some 200 kB of memory.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** One representation of a file, ready to be answered. */
export interface WebAsset {
  body: Uint8Array<ArrayBuffer>;
  contentType: string;
  /** Value for `Content-Encoding`; undefined where the bytes are the file's own. */
  encoding: "br" | "gzip" | undefined;
  /** Strong, quotes included; differs between the encodings of a file, as RFC 9110 asks. */
  etag: string;
}

export interface WebAssets {
  /** The paths that are served, such as `/tracking.js` and `/demo/`. */
  paths: string[];
  /**
   * The best representation of the file at `path` for a client that sent this `Accept-Encoding`.
   *
   * @returns undefined where no file has this path
   */
  asset(path: string, acceptEncoding?: string | null): WebAsset | undefined;
}

const CONTENT_TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

const ENCODINGS = ["br", "gzip"] as const;
type Encoding = typeof ENCODINGS[number];

const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);

// Each folder with where its files are served.
const FOLDERS = [["dist", "/"], ["dist/assets", "/assets/"], ["demo", "/demo/"]] as const;

/** Reads the files that are served as they are. */
export async function webAssets(): Promise<WebAssets> {
  const files = new Map<string, WebAsset[]>();
  for (const [folder, prefix] of FOLDERS) {
    const base = new URL(`./${folder}/`, import.meta.url);
    for (const name of await readdir(base)) {
      const contentType = CONTENT_TYPES[name.slice(name.lastIndexOf(".") + 1)];
      if (!contentType) continue;
      const representations = await represent(await readFile(new URL(name, base)), contentType);
      files.set(prefix + name, representations);
      if (name === "index.html") files.set(prefix, representations);
    }
  }
  return {
    paths: [...files.keys()].sort(),
    asset(path, acceptEncoding) {
      const representations = files.get(path);
      if (!representations) return undefined;
      const wanted = preferredEncodings(acceptEncoding);
      return representations.find((r) => r.encoding !== undefined && wanted.includes(r.encoding)) ??
        representations.find((r) => r.encoding === undefined);
    },
  };
}

/** The file in each encoding that makes it smaller, the smallest first, the plain one last. */
async function represent(file: Uint8Array, contentType: string): Promise<WebAsset[]> {
  const hash = createHash("sha256").update(file).digest("base64url").slice(0, 22);
  const bodies: [Encoding, Uint8Array][] = [
    ["br", await compressBrotli(file)],
    ["gzip", await compressGzip(file)],
  ];
  const compressed = bodies
    .filter(([, body]) => body.length < file.length)
    .sort((a, b) => a[1].length - b[1].length)
    .map(([encoding, body]) => ({
      body: new Uint8Array(body),
      contentType,
      encoding,
      etag: `"${hash}-${encoding}"`,
    }));
  return [...compressed, { body: new Uint8Array(file), contentType, encoding: undefined, etag: `"${hash}"` }];
}

/** Brotli as small as it gets, which is what is served and what the size limits are held against. */
export async function compressBrotli(file: Uint8Array): Promise<Uint8Array> {
  return await brotli(file, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: file.length,
    },
  });
}

/** Gzip as small as zlib makes it. */
export async function compressGzip(file: Uint8Array): Promise<Uint8Array> {
  return await gzipped(file, { level: constants.Z_BEST_COMPRESSION });
}

/**
 * The encodings that an `Accept-Encoding` header accepts (RFC 9110, 12.5.3): `q=0` refuses one, `*` stands for those
 * not named. An encoding that the client likes less than the plain file is left out too.
 */
export function preferredEncodings(acceptEncoding: string | null | undefined): Encoding[] {
  const weights = new Map<string, number>();
  for (const part of (acceptEncoding ?? "").split(",")) {
    const [coding = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
    if (!coding) continue;
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter));
    const q = weight === undefined ? 1 : Number(weight.slice(weight.indexOf("=") + 1));
    // A weight that is no number is no permission.
    weights.set(coding === "x-gzip" ? "gzip" : coding, Number.isFinite(q) ? q : 0);
  }
  const star = weights.get("*");
  const plain = weights.get("identity") ?? 0;
  return ENCODINGS.filter((encoding) => {
    const q = weights.get(encoding) ?? star ?? 0;
    return q > 0 && q >= plain;
  });
}
