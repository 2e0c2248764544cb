/** `deno task key add [--site ID] [--name N] [--scope read|write]`, `key list`, `key revoke ID`. */
import { runCommand } from "./command.ts";
import { runKeyCommand } from "./keys.ts";

await runCommand(() => runKeyCommand(Deno.args));
