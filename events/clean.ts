/**
 * The value without what Postgres cannot hold in JSON: NUL characters are dropped and lone surrogates replaced, in
 * strings and in names, however deep. What is fine is returned as it is.
 */
export function cleanForPostgres(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanForPostgres);
  if (value instanceof Date) return value.toISOString();
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [cleanText(name), cleanForPostgres(field)]),
    );
  }
  return value;
}

/**
 * Whether a JSON text may hold something to clean: bytes that were read as UTF-8 bring neither, so only an escape can.
 */
export function mayNeedCleaning(json: string): boolean {
  // Most bodies have no such escape, and its two characters are looked for the fastest.
  return json.includes("\\u") && (json.includes("\\u0000") || /\\u[dD][89a-fA-F]/.test(json));
}

/** {@linkcode cleanForPostgres} for one text. */
export function cleanText(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}
