import { assertEquals } from "@std/assert";
import { clientAddress, type IpMode, storedAddress } from "../events/client_address.ts";

const SOCKET = "10.0.0.1";

// [what the case shows, X-Forwarded-For, trusted proxies, the visitor's address], by a connection from 10.0.0.1
const FORWARDED: [string, string | undefined, number, string | undefined][] = [
  ["without a proxy, the header is anybody's text", "203.0.113.9", 0, SOCKET],
  ["without a header, the socket", undefined, 1, SOCKET],
  ["an empty header, the socket", "", 1, SOCKET],
  ["one proxy, one address", "203.0.113.9", 1, "203.0.113.9"],
  ["one proxy: what the visitor wrote stands to the left", "1.1.1.1, 203.0.113.9", 1, "203.0.113.9"],
  ["two proxies: the second from the right", "1.1.1.1,203.0.113.9 ,\t198.51.100.7", 2, "203.0.113.9"],
  ["two proxies, of which one wrote", "203.0.113.9", 2, "203.0.113.9"],
  ["more proxies than hops", "203.0.113.9, 198.51.100.7", 9, "203.0.113.9"],
  ["IPv6", "2001:DB8:0:0::9", 1, "2001:db8::9"],
  ["IPv4 in IPv6 clothes", "::ffff:203.0.113.9", 1, "203.0.113.9"],
  ["IPv4 in IPv6 clothes, in hex", "::ffff:cb00:7109", 1, "203.0.113.9"],
  ["an IPv4 port", "203.0.113.9:4711", 1, "203.0.113.9"],
  ["an IPv6 port", "[2001:db8::9]:4711", 1, "2001:db8::9"],
  ["brackets without a port", "[::ffff:203.0.113.9]", 1, "203.0.113.9"],
  ["a zone", "fe80::1%eth0", 1, "fe80::1"],
  ...[
    "unknown",
    "_hidden",
    "203.0.113.9, ",
    ",",
    "203.0.113.256",
    "203.0.113",
    "7",
    "0x7f000001",
    "010.0.0.9",
    "203.0.113.9/24",
    "203.0.113.9:x",
    "[2001:db8::9",
    "2001:db8::9::1",
    "for=203.0.113.9",
    "example.com",
    "' or 1=1 --",
    "٢٠٣.0.113.9",
  ].map((
    garbage,
  ): typeof FORWARDED[number] => [`${JSON.stringify(garbage)} is no address`, garbage, 1, SOCKET]),
];

for (const [title, header, trusted, expected] of FORWARDED) {
  Deno.test(`client address: ${title}`, () => {
    assertEquals(clientAddress(SOCKET, header, trusted), expected);
  });
}

const SOCKETS: [string | undefined, string | undefined][] = [
  ["::ffff:203.0.113.9", "203.0.113.9"],
  ["::1", "::1"],
  ["fe80::1%2", "fe80::1"],
  [undefined, undefined],
  ["", undefined],
  ["/run/footfall.sock", undefined],
];

for (const [socket, expected] of SOCKETS) {
  Deno.test(`client address: the socket ${socket} is ${expected}, whatever the header says`, () => {
    assertEquals(clientAddress(socket, "192.0.2.1", 0), expected);
    assertEquals(clientAddress(socket, "garbage", 1), expected);
  });
}

const STORED: [string | undefined, IpMode, string | undefined][] = [
  ["203.0.113.9", "full", "203.0.113.9"],
  ["203.0.113.9", "truncate", "203.0.113.0"],
  ["203.0.113.9", "none", undefined],
  ["2001:db8:1:2:3:4:5:6", "full", "2001:db8:1:2:3:4:5:6"],
  ["2001:db8:1:2:3:4:5:6", "truncate", "2001:db8:1::"],
  ["2001:db8:1:2:3:4:5:6", "none", undefined],
  ["::1", "truncate", "::"],
  [undefined, "full", undefined],
  [undefined, "truncate", undefined],
];

for (const [address, mode, expected] of STORED) {
  Deno.test(`stored address: of ${address}, ${mode} keeps ${expected}`, () => {
    assertEquals(storedAddress(address, mode), expected);
  });
}
