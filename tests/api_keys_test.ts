import { assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { createApiKey, findApiKey, listApiKeys, revokeApiKey } from "../db/api_keys.ts";
import {
  createShareLink,
  findShareLink,
  findShareLinks,
  listShareLinks,
  revokeShareLink,
} from "../db/share_links.ts";
import { runCommand } from "./served_process.ts";
import { engines, servers, testDatabase } from "./test_database.ts";

for (const engine of engines()) {
  Deno.test(`${engine.name}: a key is found by its secret until it is revoked; only its hash is stored`, async () => {
    await using db = await engine.migrated();
    const { key, secret } = await createApiKey(db, { siteId: "shop", name: "report", scope: "read" });
    assertMatch(secret, /^ff_[\w-]{43}$/);
    const { createdAt, ...rest } = key;
    assertEquals(createdAt instanceof Date, true);
    assertEquals(rest, {
      id: key.id,
      siteId: "shop",
      name: "report",
      scope: "read",
      prefix: secret.slice(0, 9),
      lastUsedAt: null,
      revokedAt: null,
    });
    const [stored] = await db.query<{ row: string; hash: Uint8Array }>(
      "select to_json(k)::text as row, key_hash as hash from api_keys k",
    );
    assertEquals(stored!.row.includes(secret.slice(9)), false);
    assertEquals(stored!.hash.toHex(), createHash("sha256").update(secret).digest("hex"));

    assertEquals(await findApiKey(db, secret), key);
    const [used] = await listApiKeys(db);
    assertEquals(used!.lastUsedAt instanceof Date, true);
    // Within a minute its use is not written down again.
    assertEquals((await findApiKey(db, secret))!.lastUsedAt, used!.lastUsedAt);
    assertEquals(await findApiKey(db, secret.replace(/.$/, (last) => last === "A" ? "B" : "A")), undefined);

    assertEquals([await revokeApiKey(db, key.id), await revokeApiKey(db, key.id)], [true, false]);
    assertEquals(await findApiKey(db, secret), undefined);
    assertEquals((await listApiKeys(db)).map(({ id, revokedAt }) => [id, revokedAt instanceof Date]), [[
      key.id,
      true,
    ]]);
  });

  Deno.test(`${engine.name}: a share link is found by its slug, or its id within its site, until it is revoked`, async () => {
    await using db = await engine.migrated();
    const fields = { siteId: "shop", name: "", passwordHash: null, embedOrigins: ["https://a.example"] };
    const link = await createShareLink(db, fields);
    const other = await createShareLink(db, { ...fields, siteId: "blog", embedOrigins: [] });
    assertEquals([link.cookieKey.length, link.embedOrigins, link.slug.length], [
      32,
      ["https://a.example"],
      22,
    ]);
    assertEquals(await findShareLink(db, link.slug), link);
    assertEquals(await findShareLinks(db, "shop", [link.id, other.id]), [link]);
    assertEquals(await listShareLinks(db, "blog"), [other]);
    assertEquals(await revokeShareLink(db, "blog", link.id), false);
    assertEquals([await revokeShareLink(db, "shop", link.id), await revokeShareLink(db, "shop", link.id)], [
      true,
      false,
    ]);
    assertEquals([await findShareLink(db, link.slug), await findShareLinks(db, "shop", [link.id])], [
      undefined,
      [],
    ]);
  });
}

Deno.test("key adds, lists and revokes keys, and shows each once", async () => {
  await using db = await testDatabase(servers()[0]!);
  const cwd = await Deno.makeTempDir();
  try {
    const key = (...args: string[]) => runCommand("key", args, cwd, { DATABASE_URL: db.url, NO_COLOR: "1" });
    const added = await key("add", "--site", "shop", "--name", "report");
    const [, secret] = /^added: key 1, to read shop\. It is shown this once:\n(ff_[\w-]{43})$/.exec(added)!;
    assertEquals((await findApiKey(db, secret!))?.siteId, "shop");
    assertMatch(await key("add", "--scope=write"), /^added: key 2, to write all sites\./);
    const table = (await key("list")).split("\n").slice(2).map((line) =>
      line.split(/ {2,}/).map((cell) => cell.trim()).slice(0, 5)
    );
    const [, other] = await listApiKeys(db);
    assertEquals(table.map((cells) => cells.filter(Boolean).slice(0, 5).join(" ").replace(/ \d{4}-.*/, "")), [
      `1 shop report read ${secret!.slice(0, 9)}…`,
      `2 all write ${other!.prefix}…`,
    ]);
    assertEquals(await key("revoke", "1"), "revoked: key 1");
    assertEquals(await findApiKey(db, secret!), undefined);
    const failed = await Promise.all(
      [
        ["revoke", "1"],
        ["revoke", "x"],
        ["add", "shop"],
        ["add", "--scope", "all"],
        ["add", "--site", "a b"],
        ["list", "--al"],
        [],
      ]
        .map((args) => key(...args).then(() => "did", (error: Error) => error.message.split("\n")[1])),
    );
    assertEquals(failed, [
      "key: Cannot revoke 1: no such key is in force",
      'key: "x" is no number of a key: key list shows them; see: deno task key --help',
      'key: "shop" is too much: a site is named with --site; see: deno task key --help',
      'key: --scope is "all", but must be one of read, write; see: deno task key --help',
      'key: --site is "a b", but must be 1 to 100 characters without blanks; see: deno task key --help',
      "key: --al is not known; see: deno task key --help",
      "key: say add, list or revoke; see: deno task key --help",
    ]);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});
