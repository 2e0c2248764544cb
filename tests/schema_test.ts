import { assertEquals } from "@std/assert";
import { PLATFORM_NAMES_FILE, platformNamesSql } from "../commands/platform_names.ts";
import { describeSchema } from "../db/schema.ts";
import { embeddedDatabase } from "./embedded_database.ts";

Deno.test("db/schema.sql is what the migrations and procedures make", async () => {
  await using db = await embeddedDatabase();
  const committed = await Deno.readTextFile(new URL("../db/schema.sql", import.meta.url));
  const current = await describeSchema(db);
  assertEquals(
    committed.split("\n"),
    current.split("\n"),
    "db/schema.sql is not current: run deno task db:schema",
  );
});

Deno.test("the platforms that SQL knows are those of events/platforms.json", async () => {
  assertEquals(
    await Deno.readTextFile(PLATFORM_NAMES_FILE),
    platformNamesSql(),
    "etl/procedures/08_platform_names.sql is not current: run deno task db:schema",
  );
});
