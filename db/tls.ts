import { readFile } from "node:fs/promises";

/** What `tls.connect` is given; `false` is plain text, `undefined` leaves it to `PGSSLMODE`. */
export type Tls = false | undefined | TlsOptions;

export interface TlsOptions {
  rejectUnauthorized: boolean;
  ca?: string;
  cert?: string;
  key?: string;
  checkServerIdentity?: () => undefined;
}

const PARAMETERS = ["ssl", "sslmode", "sslrootcert", "sslcert", "sslkey"] as const;
const LEGACY: Record<string, string> = {
  true: "verify-full",
  "1": "verify-full",
  false: "disable",
  "0": "disable",
};

/**
 * Splits a connection string into the part for the driver and the TLS that it asks for. The driver's own
 * reading of `sslmode` changes with its next major version, so it is done here: `require`, `verify-ca` and
 * `verify-full` all verify the certificate, `no-verify` is the explicit way out, and nothing ever falls back
 * to plain text.
 *
 * @throws {TypeError} If `sslmode` is unknown, or one of those that may fall back
 */
export async function readTls(connectionString: string): Promise<{ connectionString: string; tls: Tls }> {
  const queryStart = connectionString.indexOf("?");
  if (queryStart < 0) return { connectionString, tls: undefined };
  const params = new URLSearchParams(connectionString.slice(queryStart + 1));
  const legacy = params.get("ssl");
  const mode = params.get("sslmode") ?? (legacy === null ? null : LEGACY[legacy] ?? legacy);
  const tls = mode === null && !params.has("sslrootcert")
    ? undefined
    : await tlsOf(mode ?? "verify-full", params);
  for (const name of PARAMETERS) params.delete(name);
  const rest = params.size > 0 ? `?${params}` : "";
  return { connectionString: connectionString.slice(0, queryStart) + rest, tls };
}

async function tlsOf(mode: string, params: URLSearchParams): Promise<Tls> {
  if (mode === "disable") return false;
  if (!["require", "verify-ca", "verify-full", "no-verify"].includes(mode)) {
    throw new TypeError(
      `Cannot use sslmode=${mode}: it must be require, verify-ca, verify-full, no-verify or disable`,
    );
  }
  const rootCert = params.get("sslrootcert");
  const options: TlsOptions = { rejectUnauthorized: mode !== "no-verify" };
  if (rootCert && rootCert !== "system") options.ca = await readFile(rootCert, "utf8");
  const cert = params.get("sslcert"), key = params.get("sslkey");
  if (cert) options.cert = await readFile(cert, "utf8");
  if (key) options.key = await readFile(key, "utf8");
  // verify-ca trusts every certificate of one's own authority; of a public one anybody can get a certificate.
  if (mode === "verify-ca" && options.ca) options.checkServerIdentity = () => undefined;
  return options;
}
