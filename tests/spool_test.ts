import { assertEquals, assertThrows } from "@std/assert";
import { storable, type StorableEvent } from "../db/event_row.ts";
import { Spool } from "../db/spool.ts";
import { eventRow } from "./event_row.ts";

function event(path: string, raw: unknown = {}): StorableEvent {
  return storable({ row: eventRow(path, { raw_event_data: raw }), agent: null });
}

async function withFolder(work: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const placeOf = (spool: Spool, number: number) => spool.peek(number, 1e9).waiting.at(-1)!.place;
const paths = (spool: Spool, limit: number, bytes = 1e9) =>
  spool.peek(limit, bytes).waiting.map(({ event }) => event.row.path);

Deno.test("a spool gives events back in order, also to the process that opens it next", async () => {
  await withFolder((folder) => {
    const first = new Spool(`${folder}/deep/spool.db`, 1e6);
    first.append([event("/a"), event("/b")]);
    first.append([event("/c")]);
    first.close();
    const next = new Spool(`${folder}/deep/spool.db`, 1e6);
    assertEquals([paths(next, 2), next.size], [["/a", "/b"], 3]);
    next.forget(placeOf(next, 2), []);
    assertEquals([paths(next, 9), next.size], [["/c"], 1]);
    next.close();
  });
});

Deno.test("two processes may share a spool", async () => {
  await withFolder((folder) => {
    const [one, other] = [new Spool(`${folder}/s.db`, 1e6), new Spool(`${folder}/s.db`, 1e6)];
    one.append([event("/a")]);
    other.append([event("/b")]);
    const last = placeOf(one, 9);
    other.forget(last, []);
    one.forget(last, []);
    one.append([event("/c")]);
    assertEquals([paths(other, 9), other.size, one.size], [["/c"], 1, 1]);
    one.close();
    other.close();
  });
});

Deno.test("a peek ends at its bytes, but holds one event at least", async () => {
  await withFolder((folder) => {
    const spool = new Spool(`${folder}/s.db`, 1e7);
    const padding = "x".repeat(10_000);
    spool.append([event("/a", { padding }), event("/b", { padding }), event("/c", { padding })]);
    assertEquals([paths(spool, 9, 25_000), paths(spool, 9, 1)], [["/a", "/b"], ["/a"]]);
    spool.close();
  });
});

Deno.test("a full spool refuses a whole group, keeps what it has, and takes events again when it is drained", async () => {
  await withFolder((folder) => {
    const spool = new Spool(`${folder}/s.db`, 1_000_000);
    const large = (path: string) => event(path, { padding: "x".repeat(100_000) });
    let kept = 0;
    assertThrows(
      () => {
        for (;; kept++) spool.append([large(`/${kept}`), event(`/${kept}/with`)]);
      },
      Error,
      "full",
    );
    assertEquals([kept, spool.size], [9, 18]);
    spool.forget(placeOf(spool, 10), []);
    spool.append([large("/last")]);
    assertEquals(paths(spool, 99).at(-1), "/last");
    spool.close();
  });
});

Deno.test("an emptied spool gives its room back to the disk", async () => {
  await withFolder((folder) => {
    const path = `${folder}/s.db`;
    const spool = new Spool(path, 1e9);
    spool.append(
      Array.from({ length: 300 }, (_, index) => event(`/${index}`, { padding: "x".repeat(100_000) })),
    );
    assertEquals(spool.bytes > 30_000_000, true);
    spool.forget(placeOf(spool, 300), []);
    spool.shrink();
    const files = [path, `${path}-wal`].map((file) => Deno.statSync(file).size);
    assertEquals(files.map((size) => size < 100_000), [true, true], `${files}`);
    spool.append([event("/again")]);
    assertEquals(paths(spool, 9), ["/again"]);
    spool.close();
  });
});

Deno.test("refused events are set aside with their reason", async () => {
  await withFolder((folder) => {
    const spool = new Spool(`${folder}/s.db`, 1e6);
    spool.append([event("/good"), event("/bad")]);
    spool.forget(2, [{ place: 2, reason: "cannot be stored: too odd" }]);
    assertEquals([spool.size, spool.refused], [0, 1]);
    spool.close();
  });
});

Deno.test("a note is there for the next process", async () => {
  await withFolder((folder) => {
    const first = new Spool(`${folder}/s.db`, 1e6);
    assertEquals(first.noted("sites"), undefined);
    first.note("sites", ["a"]);
    first.note("sites", ["a", "b"]);
    first.close();
    const next = new Spool(`${folder}/s.db`, 1e6);
    assertEquals(next.noted("sites"), ["a", "b"]);
    next.close();
  });
});

Deno.test("a file that is no spool is put aside, and named in the log", async () => {
  await withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/s.db`, "these are not the pages of a database ".repeat(1000));
    const spool = new Spool(`${folder}/s.db`, 1e6);
    spool.append([event("/a")]);
    assertEquals(paths(spool, 9), ["/a"]);
    spool.close();
    const aside = [...Deno.readDirSync(folder)].filter(({ name }) => /^s\.db\.corrupt-\d+$/.test(name));
    assertEquals(aside.length, 1);
  });
});

Deno.test("two processes that make a spool at the same moment both get it", async () => {
  const folder = await Deno.makeTempDir();
  const script = `
    import { Spool } from "${new URL("../db/spool.ts", import.meta.url)}";
    while (Date.now() < Number(Deno.args[1]));
    const spool = new Spool(Deno.args[0], 1e6);
    console.log(spool.size);
    spool.close();`;
  const at = String(Date.now() + 1_500);
  const open = async () => {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", script, `${folder}/s.db`, at],
      cwd: new URL("..", import.meta.url),
    }).output();
    return new TextDecoder().decode(stdout).trim() + new TextDecoder().decode(stderr).trim();
  };
  assertEquals(await Promise.all([open(), open(), open()]), ["0", "0", "0"]);
  await Deno.remove(folder, { recursive: true });
});
