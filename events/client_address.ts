import ipaddr from "ipaddr.js";

export type IpMode = "full" | "truncate" | "none";

/**
 * The visitor's address: the socket's, or what the proxies that are trusted say. Each proxy appends the address that it
 * saw, so with `trusted` of them the visitor is that many from the right; further left anybody can write anything.
 */
export function clientAddress(
  socket: string | undefined,
  forwardedFor: string | undefined,
  trusted: number,
): string | undefined {
  if (trusted === 0 || !forwardedFor) return normalize(socket);
  const hops = forwardedFor.split(",").map((hop) => hop.trim());
  // A proxy that does not tell writes `unknown`: the next one knows that proxy at least.
  for (const hop of hops.slice(-trusted)) {
    const address = normalize(hop);
    if (address !== undefined) return address;
  }
  return normalize(socket);
}

/** What may be stored of an address: all of it, its network (IPv4 /24, IPv6 /48), or nothing. */
export function storedAddress(address: string | undefined, mode: IpMode): string | undefined {
  if (address === undefined || mode === "none") return undefined;
  if (mode === "full") return address;
  if (IPV4.test(address)) return `${address.slice(0, address.lastIndexOf("."))}.0`;
  return ipaddr.IPv6.networkAddressFromCIDR(`${address}/48`).toString();
}

// In its usual form. The library reads it, too, but cuts and joins its parts, for each event.
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** An address in its usual form, an IPv4 address in IPv6 clothes as IPv4; undefined where it is none. */
function normalize(address: string | undefined): string | undefined {
  if (!address) return undefined;
  if (IPV4.test(address)) return address;
  // Some proxies write a port: 1.2.3.4:56 or [::1]:56.
  const bare = address.replace(/^\[([^\]]*)\](?::\d+)?$/, "$1").replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1")
    .replace(/%.*$/, "");
  // `isValid` alone takes what inet_aton takes: 7, 0x7f.1 and 010.0.0.1.
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare);
  return isAddress ? ipaddr.process(bare).toString() : undefined;
}
