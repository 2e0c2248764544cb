import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { readBotNetworks } from "../bot_networks.ts";
import { ConfigError } from "../config.ts";
import { Networks } from "../events/networks.ts";

Deno.test("networks: has the addresses of a list's networks, IPv4 and IPv6, from the first to the last", () => {
  const networks = Networks.parse(
    "# data centres\r\n\n192.0.2.0/24 # one\n198.51.100.7\n2001:db8::/48\n192.0.2.128/25\n",
  );
  const cases = {
    "192.0.1.255": false,
    "192.0.2.0": true,
    "192.0.2.255": true,
    "192.0.3.0": false,
    "198.51.100.6": false,
    "198.51.100.7": true,
    "2001:db8:0:ffff::1": true,
    "2001:db8:1::": false,
    "::c000:209": false,
  };
  assertEquals(Object.fromEntries(Object.keys(cases).map((ip) => [ip, networks.has(ip)])), cases);
  assertEquals(Networks.parse("").has("192.0.2.1"), false);
});

Deno.test("networks: says which line is none, and what would be right", () => {
  const advice = "give an address or a network, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/48";
  for (
    const [text, message] of [
      ["192.0.2.0/24\nAS64496", `line 2 is "AS64496": ${advice}`],
      ["192.0.2.0/33", `line 1 is "192.0.2.0/33": ${advice}`],
      ["ip_prefix,region", `line 1 is "ip_prefix,region": ${advice}`],
      ["::/0", 'line 1 is "::/0": everybody would be left out; give a network such as 192.0.2.0/24'],
    ] as const
  ) assertThrows(() => Networks.parse(text), Error, message);
});

Deno.test("BOT_NETWORKS that cannot be read is a mistake in the settings", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "192.0.2.0/24\nx\n");
  await assertRejects(
    () => readBotNetworks(path),
    ConfigError,
    `BOT_NETWORKS is "${path}", but line 2 is "x": give`,
  );
  await Deno.remove(path);
  await assertRejects(
    () => readBotNetworks(path),
    ConfigError,
    `BOT_NETWORKS is "${path}", but there is no such file`,
  );
});

Deno.test("networks: an address is in a set of any networks where one of them says so", () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.nat(600).map((n) => `10.0.${n >> 8}.${n & 255}`),
    fc.nat(600).map((n) => `2001:db8::${n.toString(16)}`),
  );
  const network = fc.tuple(address, fc.nat(31)).map(([ip, bits]) => {
    const kind = ipaddr.parse(ip).kind() === "ipv4" ? ipaddr.IPv4 : ipaddr.IPv6;
    const prefix = (kind === ipaddr.IPv4 ? 32 : 128) - bits % (kind === ipaddr.IPv4 ? 31 : 60);
    return `${kind.networkAddressFromCIDR(`${ip}/${prefix}`)}/${prefix}`;
  });
  fc.assert(fc.property(fc.array(network, { maxLength: 20 }), fc.array(address), (list, addresses) => {
    const networks = Networks.parse(list.join("\n"));
    const parsed = list.map((text) => ipaddr.parseCIDR(text)).map(([ip, prefix]) =>
      ip.kind() === "ipv6" && (ip as ipaddr.IPv6).isIPv4MappedAddress() && prefix >= 96
        ? [(ip as ipaddr.IPv6).toIPv4Address(), prefix - 96] as const
        : [ip, prefix] as const
    );
    for (const ip of addresses.map((text) => ipaddr.process(text))) {
      const text = ip.toString();
      const expected = parsed.some(([of, prefix]) =>
        of.kind() === ip.kind() && ip.match(of as never, prefix)
      );
      assertEquals([text, networks.has(text)], [text, expected]);
    }
  }));
});
