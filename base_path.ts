// What a URL may hold without being encoded (RFC 3986, 2.3); `.` and `..` are not names but ways.
const BASE_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+\/?$/;
const MAX_LENGTH = 200;

// A proxy may take the path off or leave it, so nothing of ours may begin with it.
const OURS = new Set([
  "api",
  "assets",
  "collect",
  "dashboard",
  "demo",
  "etl",
  "favicon.ico",
  "health",
  "metrics",
  "share",
  "sql",
  "tracking.js",
  "vitals.js",
]);

/** What a base path may be, in the words of an error. */
export const BASE_PATH_MAY_BE =
  "the path under which a proxy serves it, such as /stats, and not one of Footfall's own, such as /dashboard";

/**
 * Reads the path under which a proxy serves this host, as a setting or a proxy gives it.
 *
 * @returns without a slash at its end, such as `/stats`; `""` for `/`; undefined if it is no such path
 */
export function parseBasePath(text: string): string | undefined {
  if (text === "/") return "";
  if (text.length > MAX_LENGTH || !BASE_PATH.test(text)) return undefined;
  const path = text.replace(/\/$/, "");
  return OURS.has(path.split("/")[1]!) ? undefined : path;
}

/** The path within this host of a `pathname` that a proxy has left as it was, or has taken `basePath` off. */
export function withoutBasePath(pathname: string, basePath: string): string {
  if (basePath === "" || !pathname.startsWith(basePath)) return pathname;
  if (pathname.length === basePath.length) return "/";
  return pathname[basePath.length] === "/" ? pathname.slice(basePath.length) : pathname;
}
