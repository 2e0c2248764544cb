import { assertEquals, assertRejects } from "@std/assert";
import { ConfigError } from "../config.ts";
import { Geoip } from "../geoip.ts";
import { pageview, testApp } from "./fixtures.ts";
import { ipv4Prefix, maxmindDatabase, type Network } from "./maxmind_db.ts";
import { runCommand, serveDev, serveProcess } from "./served_process.ts";
import { until } from "./until.ts";

// 2001:db8::/32
const IPV6 = [0x2001, 0xdb8].map((group) => group.toString(2).padStart(16, "0")).join("");

// As MaxMind keeps a country, as DB-IP and others do, and as IPinfo did.
const NETWORKS: Network[] = [
  {
    prefix: ipv4Prefix("203.0.112.0", 20),
    record: { country: { iso_code: "NZ", names: { en: "New Zealand" } } },
  },
  { prefix: ipv4Prefix("198.51.100.0", 24), record: { country: "Brazil", country_code: "BR" } },
  { prefix: ipv4Prefix("192.0.2.0", 24), record: { country: "JP" } },
  { prefix: ipv4Prefix("10.0.0.0", 8), record: { autonomous_system_number: 64_512 } },
  { prefix: IPV6, record: { country: { iso_code: "KE" } } },
];

async function inFile(bytes: Uint8Array, test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/countries.mmdb`;
    await Deno.writeFile(path, bytes);
    await test(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("geoip: a file tells the countries of addresses, however it keeps them", async () => {
  await inFile(maxmindDatabase(NETWORKS, 6), async (path) => {
    const geoip = await Geoip.open(path);
    const countries = (...addresses: string[]) => addresses.map((address) => geoip.countryOf(address));

    assertEquals(countries("203.0.113.9", "198.51.100.1", "192.0.2.255", "2001:db8:1::9"), [
      "NZ",
      "BR",
      "JP",
      "KE",
    ]);
    assertEquals(countries("203.0.128.1", "10.1.2.3", "::1", "2001:db9::1"), [
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

Deno.test("geoip: a file of IPv4 knows no IPv6 address", async () => {
  const networks = [{ prefix: ipv4Prefix("32.0.0.0", 8, 4), record: { country: "US" } }];
  await inFile(maxmindDatabase(networks, 4), async (path) => {
    const geoip = await Geoip.open(path);

    assertEquals([geoip.countryOf("32.1.2.3"), geoip.countryOf("2001:db8::1")], ["US", undefined]);
  });
});

Deno.test("geoip: a file that is replaced is read again; one that is damaged then leaves the last good one", async () => {
  await inFile(maxmindDatabase(NETWORKS, 6), async (path) => {
    const geoip = await Geoip.open(path, 0);
    const replace = async (bytes: Uint8Array) => {
      await Deno.writeFile(`${path}.new`, bytes);
      await Deno.rename(`${path}.new`, path);
    };
    const moved = [{ prefix: ipv4Prefix("203.0.112.0", 20), record: { country: "AU" } }];

    await replace(maxmindDatabase(moved, 6));
    await until("the new file counts", () => geoip.countryOf("203.0.113.9") === "AU");
    await replace(new Uint8Array(100));
    assertEquals(geoip.countryOf("203.0.113.9"), "AU");
    await replace(maxmindDatabase([{ ...moved[0]!, record: { country: "FJ" } }], 6));
    await until("the last file counts", () => geoip.countryOf("203.0.113.9") === "FJ");
    await Deno.remove(path);
    assertEquals(geoip.countryOf("203.0.113.9"), "FJ");
  });
});

const whole = maxmindDatabase(NETWORKS, 6);
const DAMAGED: [string, Uint8Array][] = [
  ["empty", new Uint8Array()],
  ["cut short", whole.subarray(0, whole.length / 2)],
  ["cut within its metadata", whole.subarray(0, -60)],
  ["without the beginning", whole.subarray(-200)],
  ["a zip", new TextEncoder().encode("PK\x03\x04 GeoLite2-Country.mmdb")],
];

for (const [title, bytes] of DAMAGED) {
  Deno.test(`geoip: a file that is ${title} is refused`, async () => {
    await inFile(bytes, async (path) => {
      const error = await assertRejects(() => Geoip.open(path), ConfigError);

      assertEquals(error.problems, [
        `GEOIP_DATABASE is "${path}", but it is no MaxMind DB file (.mmdb), or a damaged one`,
      ]);
    });
  });
}

const COUNTRIES = `
  select event_type, raw_event_data #>> '{browser,country}' as country, ip_address
  from events_log order by event_id`;
const eventId = (n: number) => `0193e0c2-8d7e-7000-8000-00000000000${n}`;
const UTC = { timezone: "UTC" };

Deno.test("POST /collect tells the country by the address, and keeps no more of the address for it", async () => {
  await inFile(whole, async (path) => {
    await using app = await testApp({ geoip: await Geoip.open(path), ipMode: "none" });
    await app.collect([
      pageview({ eventId: eventId(1) }),
      pageview({ eventId: eventId(2), browser: { country: "ca" } }),
      { eventType: "signup", siteId: "shop", eventId: eventId(3) },
      { eventType: "batch", siteId: "shop", eventId: eventId(4), events: [{ eventType: "click" }] },
    ]);

    assertEquals(await app.rows(COUNTRIES), [
      { event_type: "pageview", country: "NZ", ip_address: null },
      { event_type: "pageview", country: "CA", ip_address: null },
      { event_type: "signup", country: "NZ", ip_address: null },
      { event_type: "batch", country: "NZ", ip_address: null },
    ]);
  });
});

Deno.test("POST /collect believes the header that the owner names, and no other", async () => {
  const believed: [string | undefined, unknown[]][] = [["CF-IPCountry", ["PT", null, null]], [undefined, [
    null,
    null,
    null,
  ]]];
  for (const [countryHeader, expected] of believed) {
    await using app = await testApp({ countryHeader });
    await app.collect(pageview({ eventId: eventId(1), browser: UTC }), { "cf-ipcountry": "PT" });
    await app.collect(pageview({ eventId: eventId(2), browser: UTC }), { "cf-ipcountry": "T1" });
    await app.collect(pageview({ eventId: eventId(3), browser: UTC }), { "x-vercel-ip-country": "PT" });

    assertEquals((await app.rows(COUNTRIES)).map(({ country }) => country), expected);
  }
});

Deno.test("POST /collect asks the database of addresses where the header does not know", async () => {
  await inFile(whole, async (path) => {
    await using app = await testApp({ geoip: await Geoip.open(path), countryHeader: "x-country-code" });
    await app.collect(pageview({ eventId: eventId(1) }), { "x-country-code": "XX" });
    await app.collect(pageview({ eventId: eventId(2) }), { "x-country-code": "PT" });

    assertEquals((await app.rows(COUNTRIES)).map(({ country }) => country), ["NZ", "PT"]);
  });
});

Deno.test("a server with GEOIP_DATABASE tells countries; without the file it does not start", async () => {
  await inFile(whole, async (path) => {
    await using server = await serveDev({ GEOIP_DATABASE: path, TRUST_PROXY: "1" });
    const response = await fetch(`${server.url}/collect`, {
      method: "POST",
      headers: { "x-forwarded-for": "198.51.100.7" },
      body: JSON.stringify(pageview()),
    });
    assertEquals([response.status, (await response.json()).status], [202, "accepted"]);
    const printed = await runCommand("sql", [COUNTRIES], server.cwd);
    assertEquals(printed.split("\n").at(-1)?.split(/ +/), ["pageview", "BR", "198.51.100.0"]);
  });

  const error = await assertRejects(() => serveProcess("dev", { GEOIP_DATABASE: "/nowhere.mmdb" }), Error);
  assertEquals(
    error.message,
    'The server ended:\nCannot read the settings:\n  GEOIP_DATABASE is "/nowhere.mmdb", but there is no such file',
  );
});
