import { assertEquals } from "@std/assert";
import { localUrl } from "../listening.ts";
import { footfall } from "./footfall_process.ts";
import { runCommand, serveDev } from "./served_process.ts";
import { until } from "./until.ts";

Deno.test("the printed address is one that reaches what listens there", () => {
  const cases: [string, string][] = [
    ["127.0.0.1", "http://127.0.0.1:80"],
    ["0.0.0.0", "http://localhost:80"],
    ["::1", "http://[::1]:80"],
    ["::", "http://[::1]:80"],
    ["0:0:0:0:0:0:0:0", "http://[::1]:80"],
    ["2001:db8::7", "http://[2001:db8::7]:80"],
    ["::ffff:127.0.0.1", "http://[::ffff:127.0.0.1]:80"],
    ["stats.example", "http://stats.example:80"],
  ];
  for (const [hostname, url] of cases) assertEquals(localUrl(hostname, 80), url);
});

for (const host of ["::1", "::"]) {
  Deno.test({
    name: `with HOST=${host} the dev server prints an address that works, and the tasks reach it`,
    ignore: !canListen(host),
    async fn() {
      await using server = await serveDev({ HOST: host });
      const printed = () => /Dashboard +(\S+)\/dashboard/.exec(server.output())?.[1];
      await until("the addresses are printed", () => printed() !== undefined);
      const url = printed()!;

      const health = await fetch(`${url}/health`);
      assertEquals([health.status, (await health.json()).status], [200, "ok"]);
      assertEquals(
        JSON.parse(await Deno.readTextFile(`${server.cwd}/.data/pg.dev_server.json`)).url,
        url,
      );
      assertEquals(await runCommand("sql", ["select 1 as one"], server.cwd), "one\n---\n  1");
      assertEquals((await footfall(server.cwd, ["site", "add", "shop"], {})).stdout, "added: shop\n");
      assertEquals((await footfall(server.cwd, ["doctor"], {})).code, 0);
      await runCommand("demo_data", ["--events", "20", "--days", "1"], server.cwd);
      assertEquals((await runCommand("etl", [], server.cwd)).split(/\s+/).includes("process-events"), true);
      assertEquals((await footfall(server.cwd, ["backup", "b.tar.gz"], {})).stdout, "backed up: b.tar.gz\n");
    },
  });
}

function canListen(hostname: string): boolean {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}
