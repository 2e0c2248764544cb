// Only tells a path from an address that leads elsewhere.
const BASE = "http://footfall.invalid";

/**
 * `path` if it leads to this host, else `otherwise`: what a link asks for must not send anybody elsewhere after
 * signing in.
 */
export function localPath(path: string | null | undefined, otherwise: string): string {
  if (!path?.startsWith("/")) return otherwise;
  // As a browser reads it: `\` is `/`, tabs and line ends are nothing, `/.` is nothing.
  const url = URL.parse(path, BASE);
  if (url?.origin !== BASE || url.pathname.startsWith("//")) return otherwise;
  return url.pathname + url.search + url.hash;
}
