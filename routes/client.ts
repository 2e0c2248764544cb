import type { Context } from "hono";
import { clientAddress } from "../events/client_address.ts";
import type { Connection } from "./services.ts";

/** The address of whoever asks: the socket's, or what the `trusted` proxies say. */
export function addressOf<E extends Connection>(c: Context<E>, trusted: number): string | undefined {
  return clientAddress(c.env?.remoteAddr?.hostname, c.req.header("x-forwarded-for"), trusted);
}

/**
 * Where a browser sees this host, such as `https://stats.example.com`: as the request says, or as the `trusted` proxies
 * do, which take TLS off and may ask for another name.
 */
export function publicOrigin(c: Context, trusted: number): string {
  const url = new URL(c.req.url);
  if (trusted === 0) return url.origin;
  const proto = forwarded(c.req.header("x-forwarded-proto"), trusted)?.toLowerCase();
  const host = forwarded(c.req.header("x-forwarded-host"), trusted);
  if (proto === "http" || proto === "https") url.protocol = proto;
  // What is no host leaves it as it is.
  if (host !== undefined) url.host = host;
  return url.origin;
}

/** What the outermost trusted proxy says; most put one value only, some append as with addresses. */
function forwarded(header: string | undefined, trusted: number): string | undefined {
  return header?.split(",").map((value) => value.trim()).slice(-trusted)[0] || undefined;
}
