// A process for the tests: writes rows into an embedded database and prints each number once it is committed,
// until it is killed.
import { print } from "../log.ts";
import { openDatabase } from "../db/open.ts";

const db = await openDatabase(Deno.args[0] ?? "");
await db.exec("create table if not exists numbers (n int4)");
for (let n = 1;; n++) {
  // Every other row by a transaction, so that both ways of committing are tried.
  if (n % 2 === 0) await db.query("insert into numbers values ($1)", [n]);
  else await db.transaction((tx) => tx.query("insert into numbers values ($1)", [n]));
  print(String(n));
}
