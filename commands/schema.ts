/**
 * `deno task db:schema`: writes the procedure that holds the list of platforms, then `db/schema.sql` from the migrations and procedures, on
 * an embedded database in memory.
 */
import { migrate } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";
import { describeSchema } from "../db/schema.ts";
import { print } from "../log.ts";
import { PLATFORM_NAMES_FILE, platformNamesSql } from "./platform_names.ts";

await Deno.writeTextFile(PLATFORM_NAMES_FILE, platformNamesSql());

await using db = await openDatabase("pglite:memory");
await migrate(db);
await Deno.writeTextFile(new URL("../db/schema.sql", import.meta.url), await describeSchema(db));
print("etl/procedures/08_platform_names.sql and db/schema.sql are written");
