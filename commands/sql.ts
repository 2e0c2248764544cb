/** `deno task sql "select …"`: one query, its rows as a table. */
import { readConfig } from "../config.ts";
import type { Row } from "../db/database.ts";
import { isEmbedded } from "../db/open.ts";
import { askDevServer, findDevServer } from "../dev_server.ts";
import { CommandError, formatTable, runCommand, withDatabase } from "./command.ts";

await runCommand(async () => {
  const query = Deno.args.join(" ").trim();
  if (query === "") throw new CommandError(`Usage: deno task sql "select * from user_sessions"`);
  return formatTable(await runQuery(query));
});

async function runQuery(query: string): Promise<Row[]> {
  const devServer = isEmbedded(readConfig("task").database) ? await findDevServer() : undefined;
  try {
    if (devServer) return (await askDevServer<{ rows: Row[] }>(devServer, "/sql", query)).rows;
    return await withDatabase((db) => db.query(query));
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}
