import { assertEquals } from "@std/assert";
import { readTls, type Tls } from "../db/tls.ts";

const VERIFIED = { rejectUnauthorized: true };

Deno.test("a connection string's sslmode verifies the certificate unless it says otherwise", async () => {
  const cases: [string, Tls][] = [
    ["", undefined],
    ["?sslmode=disable", false],
    ["?sslmode=require", VERIFIED],
    ["?sslmode=verify-ca", VERIFIED],
    ["?sslmode=verify-full", VERIFIED],
    ["?sslmode=no-verify", { rejectUnauthorized: false }],
    ["?sslrootcert=system", VERIFIED],
    ["?ssl=true", VERIFIED],
    ["?ssl=0", false],
    ["?ssl=no-verify", { rejectUnauthorized: false }],
  ];
  for (const [query, tls] of cases) {
    const expected = { connectionString: "postgres://u:p@h/d", tls };
    assertEquals(await readTls(`postgres://u:p@h/d${query}`), expected, query);
  }
});

Deno.test("what is not about TLS stays in the connection string", async () => {
  assertEquals(await readTls("postgres:///d?host=/run&sslmode=require&port=5433"), {
    connectionString: "postgres:///d?host=%2Frun&port=5433",
    tls: VERIFIED,
  });
});

Deno.test("sslrootcert is the authority to trust, and verify-ca then trusts any of its names", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "a certificate");
    const options = async (mode: string) =>
      (await readTls(`postgres://h/d?sslmode=${mode}&sslrootcert=${file}`)).tls;

    assertEquals(await options("verify-full"), { ...VERIFIED, ca: "a certificate" });
    const anyName = await options("verify-ca");
    assertEquals(anyName && Object.keys(anyName).sort(), ["ca", "checkServerIdentity", "rejectUnauthorized"]);
  } finally {
    await Deno.remove(file);
  }
});
