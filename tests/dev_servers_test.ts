import { assertEquals } from "@std/assert";
import { footfall } from "./footfall_process.ts";
import { serveProcess } from "./served_process.ts";
import { copyEmbedded } from "./embedded_database.ts";

const MEMORY = { DATABASE_URL: "pglite:memory" };

Deno.test("dev servers in one folder do not shadow each other: a command reaches its own, or says which there are", async () => {
  const cwd = await Deno.makeTempDir();
  try {
    await copyEmbedded(`${cwd}/.data/pg`);
    await using kept = await serveProcess("dev", { DATABASE_URL: "" }, cwd);
    await using first = await serveProcess("dev", MEMORY, cwd);
    const run = async (args: string[], env: Record<string, string> = {}) => {
      const { code, stdout, stderr } = await footfall(cwd, args, env);
      return [code, (stdout + stderr).trim()];
    };
    const portOf = ({ url }: { url: string }) => new URL(url).port;

    assertEquals(await run(["site", "add", "kept"]), [0, "added: kept"]);
    assertEquals(await run(["site", "add", "first"], MEMORY), [0, "added: first"]);
    const sites = "select site_id as site from sites";
    const answer = (site: string) => [0, `site\n${"-".repeat(site.length)}\n${site}`];
    assertEquals(await run(["sql", sites]), answer("kept"));
    assertEquals(await run(["sql", sites], MEMORY), answer("first"));

    await using second = await serveProcess("dev", MEMORY, cwd);
    const [, ambiguous] = await run(["sql", sites], MEMORY);
    const urls = [first.url, second.url].sort();
    assertEquals(
      ambiguous,
      `footfall: Cannot tell which dev server is meant: ${urls.join(" and ")} have a database in memory. ` +
        `Name one by its port, such as PORT=${new URL(urls[0]!).port}`,
    );
    assertEquals(await run(["sql", sites], { ...MEMORY, PORT: portOf(first) }), answer("first"));
    assertEquals(
      await run(["sql", "select count(*)::int as n from sites"], { ...MEMORY, PORT: portOf(second) }),
      [
        0,
        "n\n-\n0",
      ],
    );

    await Promise.all([kept, first, second].map((server) => server.stop()));
    assertEquals(
      (await Array.fromAsync(Deno.readDir(`${cwd}/.data`))).map(({ name }) => name).filter((name) =>
        name.includes("dev_")
      ),
      [],
    );
    assertEquals(await run(["sql", sites]), answer("kept"));
    assertEquals(await run(["sql", sites], MEMORY), [
      1,
      "footfall: Cannot find a database: DATABASE_URL is pglite:memory, but no dev server that runs here has one in memory",
    ]);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test("a command that finds no database tells of the dev server that has one in memory", async () => {
  await using server = await serveProcess("dev", MEMORY);
  assertEquals(
    (await footfall(server.cwd, ["status"], {})).stderr,
    `footfall: Cannot find a database: .data/pg is not here. The dev server at ${server.url} has one in memory: ` +
      "set DATABASE_URL=pglite:memory\n",
  );
});
