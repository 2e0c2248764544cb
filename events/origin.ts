// Scheme, host and port, of the characters that a host may have.
const ORIGIN = /^[a-z][a-z0-9+.-]{0,30}:\/\/([a-z0-9_.-]{1,150}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
// Browsers send `null` for files and sandboxed frames; older web views send `file://`.
const WITHOUT_HOST = ["null", "file://"];

/**
 * An `Origin` header in lower case: of a page (`https://shop.example`), of an app (`capacitor://localhost`), or `null`;
 * undefined if it is none of these.
 */
export function plainOrigin(header: string): string | undefined {
  if (WITHOUT_HOST.includes(header)) return "null";
  return ORIGIN.test(header) ? header.toLowerCase() : undefined;
}

/**
 * The host that a site has to list for the origin: `localhost` for `capacitor://localhost`, `null` for `null`. The scheme does
 * not count: an app serves its pages from one of its own (`capacitor`, `ionic`, `tauri`, `app`).
 */
export function originHost(header: string): string | undefined {
  const origin = plainOrigin(header);
  if (origin === undefined || origin === "null") return origin;
  return ORIGIN.exec(origin)![1]!.replace(/(?<=.)\.$/, "").replace(/^www\./, "");
}
