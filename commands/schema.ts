/** `deno task db:schema`: writes `db/schema.sql` from the migrations and procedures, on an embedded database in memory. */
import { migrate } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";
import { describeSchema } from "../db/schema.ts";
import { print } from "../log.ts";

await using db = await openDatabase("pglite:memory");
await migrate(db);
await Deno.writeTextFile(new URL("../db/schema.sql", import.meta.url), await describeSchema(db));
print("db/schema.sql is written");
