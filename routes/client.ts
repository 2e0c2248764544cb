import type { Context } from "hono";
import { parseBasePath, withoutBasePath } from "../base_path.ts";
import { clientAddress } from "../events/client_address.ts";
import type { AppOptions, Connection } from "./services.ts";

/** The address of whoever asks: the socket's, or what the `trusted` proxies say. */
export function addressOf<E extends Connection>(c: Context<E>, trusted: number): string | undefined {
  return clientAddress(c.env?.remoteAddr?.hostname, c.req.header("x-forwarded-for"), trusted);
}

/**
 * Where a browser sees this host, such as `https://stats.example.com`: as the request says, or as the `trusted` proxies
 * do, which take TLS off and may ask for another name.
 */
export function publicOrigin(c: Context, trusted: number): string {
  const { origin, protocol, host } = new URL(c.req.url);
  if (trusted === 0) return origin;
  const proto = forwarded(c.req.header("x-forwarded-proto"), trusted)?.toLowerCase();
  const scheme = proto === "http" || proto === "https" ? `${proto}:` : protocol;
  const name = forwarded(c.req.header("x-forwarded-host"), trusted);
  return originOf(scheme, name) ?? originOf(scheme, host) ?? origin;
}

/** Where a browser finds this host's pages, such as `https://example.com/stats`; no slash at its end. */
export function publicUrl(c: Context, trusted: number): string {
  return publicOrigin(c, trusted) + basePathOf(c);
}

/** Under which path a browser sees this host, such as `/stats`; `""` where that is `/`. Every link begins with it. */
export function basePathOf(c: Context): string {
  return c.env?.basePath ?? "";
}

/** What is asked for, as the request spells it but without the base path: `/dashboard/a%20b`, `?period=7d`. */
export function askedOf(c: Context): { pathname: string; search: string } {
  const { pathname, search } = new URL(c.req.url);
  return { pathname: withoutBasePath(pathname, basePathOf(c)), search };
}

/** Leads to a path of this host. @param path begins with one slash */
export function redirect(c: Context, path: string, status: 302 | 303 = 302): Response {
  return c.redirect(basePathOf(c) + path, status);
}

/**
 * The base path of a request: the one that is set, else the one that the trusted proxies say, of which each may have
 * taken a part off: `/team, /stats` is `/team/stats`.
 */
export function readBasePath(
  headers: Headers,
  { basePath, trustProxy }: Pick<AppOptions, "basePath" | "trustProxy">,
): string {
  if (basePath !== "" || trustProxy === 0) return basePath;
  const prefix = headers.get("x-forwarded-prefix");
  if (!prefix) return "";
  const parts = prefix.split(",").slice(-trustProxy).map((part) => parseBasePath(part.trim()));
  // An invalid prefix is ignored: it could redirect people to another host.
  return parts.includes(undefined) ? "" : parseBasePath(parts.join("")) ?? "";
}

/** What the outermost trusted proxy says; most put one value only, some append as with addresses. */
function forwarded(header: string | undefined, trusted: number): string | undefined {
  return header?.split(",").map((value) => value.trim()).slice(-trusted)[0] || undefined;
}

/** The whole host counts, with its port or without one; undefined for what is no host. */
function originOf(scheme: string, host: string | undefined): string | undefined {
  if (host === undefined || /[\s/?#@\\]/.test(host)) return undefined;
  return URL.parse(`${scheme}//${host}`)?.origin;
}
