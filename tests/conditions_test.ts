import { assertEquals, assertRejects } from "@std/assert";
import { examine } from "../db/doctor/examine.ts";
import { migrate } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";
import { startCluster } from "./cluster.ts";
import { runIn } from "./command_run.ts";
import { ADMIN_TOKEN } from "./fixtures.ts";
import { complaints, patient } from "./patient.ts";
import { serveProcess } from "./served_process.ts";
import { canMount } from "./small_disk.ts";
import { copyEmbedded } from "./embedded_database.ts";
import { emptyDatabase, serverEngines, servers, serverTest, type TestDatabase } from "./test_database.ts";
import { environment, makeFolder } from "./test_environment.ts";

const START = { ADMIN_TOKEN, SPOOL_PATH: "off", PORT: "0" };

async function doctorSays(url: string, checks: string[]): Promise<[string, string, string][]> {
  await using db = await openDatabase(url);
  const engine = serverEngines()[0]!;
  const found = complaints(await examine(patient(Object.assign(db, { url }) as TestDatabase, engine)));
  return found.filter(([check]) => checks.includes(check));
}

async function migrateFailure(url: string): Promise<string> {
  await using db = await openDatabase(url);
  return (await assertRejects(() => migrate(db), Error)).message;
}

/** Starts a collector and answers what it warned of, and what `/health` says of the database. */
async function startSays(url: string): Promise<{ warnings: [string, string][]; health: unknown }> {
  await using server = await serveProcess("start", { ...START, DATABASE_URL: url });
  const warnings = server.output().split("\n").filter((line) => line.includes('"level":"warn"'))
    .map((line) => JSON.parse(line)).map(({ message, advice }): [string, string] => [message, advice]);
  const response = await fetch(`${server.url}/health`);
  const { database: { version: _, ...health } } = await response.json();
  return { warnings, health: [response.status, health] };
}

async function startFailure(url: string): Promise<string> {
  const folder = await makeFolder();
  const { stderr } = await runIn(folder, "main.ts", [], { ...START, DATABASE_URL: url });
  return stderr.trimEnd();
}

function changed(url: string, change: (url: URL) => void): string {
  const copy = new URL(url);
  change(copy);
  return copy.href;
}

const WRITES = "the database is read-only: default_transaction_read_only is on (set by: database)";

serverTest("a read-only database is told by the first message of each program, and by /health", async () => {
  await using db = await serverEngines()[0]!.migrated({ own: true });
  const name = new URL(db.url).pathname.slice(1);
  await db.exec(`alter database ${name} set default_transaction_read_only = on`);

  assertEquals(await migrateFailure(db.url), `Cannot migrate: ${WRITES}. Do: turn it off there`);
  assertEquals(await doctorSays(db.url, ["writes"]), [["writes", "problem", WRITES]]);
  assertEquals(await startSays(db.url), {
    warnings: [[WRITES, "turn it off there"]],
    health: [503, { status: "unavailable", detail: "the database is read-only" }],
  });
});

serverTest("a hot standby is read-only, too, and migrating it is refused", async () => {
  const cluster = await startCluster(servers()[0]!.binaries, `${environment().directory}/standby`);
  try {
    {
      await using db = await openDatabase(cluster.url);
      await migrate(db);
    }
    const data = `${cluster.directory}/data`;
    await cluster.run("pg_ctl", ["stop", "-w", "-m", "fast", "-D", data]);
    await Deno.writeTextFile(`${data}/standby.signal`, "");
    await cluster.start();

    const problem = "the database is read-only: its server is a standby";
    const advice = "name the primary in DATABASE_URL, or promote this server";
    assertEquals(await migrateFailure(cluster.url), `Cannot migrate: ${problem}. Do: ${advice}`);
    assertEquals(await doctorSays(cluster.url, ["writes"]), [["writes", "problem", problem]]);
    assertEquals(await startSays(cluster.url), {
      warnings: [[problem, advice]],
      health: [503, { status: "unavailable", detail: "the database is read-only" }],
    });
  } finally {
    await cluster.stop();
  }
});

serverTest("encodings other than UTF8 are refused by name before anything is made", async () => {
  for (const encoding of ["SQL_ASCII", "LATIN1"]) {
    await using admin = await openDatabase(servers()[0]!.url, { poolSize: 1 });
    const name = `test_${encoding.toLowerCase()}_${crypto.randomUUID().slice(0, 8)}`;
    await admin.exec(
      `create database ${name} template template0 encoding '${encoding}' lc_collate 'C' lc_ctype 'C'`,
    );
    const url = changed(servers()[0]!.url, (url) => url.pathname = `/${name}`);
    try {
      const problem = `the database's encoding is ${encoding}, but must be UTF8`;
      const advice = "make one with: createdb --template=template0 --encoding=UTF8 NAME";
      assertEquals(await migrateFailure(url), `Cannot migrate: ${problem}. Do: ${advice}`);
      assertEquals(await startFailure(url), `Cannot start: ${problem}. Do: ${advice}`);
      assertEquals(await doctorSays(url, ["encoding"]), [["encoding", "problem", problem]]);
    } finally {
      await admin.exec(`drop database ${name} with (force)`);
    }
  }
});

serverTest("rights that are missing are told by their names, with what grants them", async () => {
  await using db = await serverEngines()[0]!.migrated({ own: true });
  const name = new URL(db.url).pathname.slice(1);
  const role = `reader_${crypto.randomUUID().slice(0, 8)}`;
  const url = changed(db.url, (url) => url.username = role);
  await db.exec(`
    create role ${role} login;
    revoke temporary on database ${name} from public`);
  try {
    const create =
      `the user ${role} lacks the right CREATE on the schema public, where tables and partitions are made`;
    const temporary =
      `the user ${role} lacks the right TEMPORARY on the database ${name}, which the jobs need`;
    const grants = [
      `as its owner: grant create on schema public to ${role}`,
      `as its owner: grant temporary on database ${name} to ${role}`,
    ];
    assertEquals(
      await migrateFailure(url),
      `Cannot migrate: ${create}. Do: ${grants[0]}; ${temporary}. Do: ${grants[1]}`,
    );
    assertEquals(await doctorSays(url, ["rights"]), [["rights", "problem", `${create}; ${temporary}`]]);
    const lines = (await startFailure(url)).split("\n");
    assertEquals(lines.slice(0, -1).map((line) => JSON.parse(line).message), [create, temporary]);
    assertEquals(
      lines.at(-1),
      "Cannot start: the user of DATABASE_URL lacks a right: permission denied for table schema_migrations. " +
        "Grant it, or connect as the user that migrates",
    );
    await db.exec(`
      grant select, insert, update, delete on all tables in schema public to ${role};
      grant usage on all sequences in schema public to ${role}`);
    assertEquals(await startSays(url), {
      warnings: [[create, grants[0]!], [temporary, grants[1]!]],
      health: [200, { status: "ok" }],
    });
    await db.exec(grants.map((grant) => grant.replace("as its owner: ", "")).join(";"));
    assertEquals(await doctorSays(url, ["rights"]), []);
  } finally {
    await db.exec(`drop owned by ${role}; drop role ${role}`);
  }
});

serverTest("a database without the schema that the search_path names is told as such", async () => {
  await using db = await emptyDatabase(servers()[0]!, { own: true });
  const name = new URL(db.url).pathname.slice(1);
  await db.exec(`alter database ${name} set search_path = nowhere`);
  assertEquals(
    await migrateFailure(db.url),
    "Cannot migrate: no schema of the search_path is there. Do: make one that it names, or: " +
      `alter database ${name} reset search_path`,
  );
});

const mayMount = await canMount();

Deno.test({
  name: "an embedded database on a disk that takes no writes says so, to whichever program opens it",
  ignore: !mayMount,
  async fn() {
    const folder = await makeFolder();
    const disk = `${folder}/disk`;
    await Deno.mkdir(disk);
    const mount = (...args: string[]) => new Deno.Command("mount", { args, stdin: "null" }).output();
    await mount("-t", "tmpfs", "-o", "size=200m", "footfall-test", disk);
    try {
      await copyEmbedded(`${disk}/inner/pg`);
      await mount("-o", "remount,ro", disk);
      const outer = { DATABASE_URL: `pglite:${disk}/inner/pg` };
      const message =
        `Cannot keep a database in ${disk}/inner/pg: its disk is read-only. Name another folder: DATABASE_URL=pglite:DIR`;
      assertEquals((await runIn(folder, "main.ts", ["dev"], { ...outer, PORT: "0" })).stderr, `${message}\n`);
      for (const args of [["doctor"], ["status"]]) {
        assertEquals(
          (await runIn(folder, "commands/footfall.ts", args, outer)).stderr,
          `footfall: ${message}\n`,
        );
      }
      // Only its files are: the lock beside it can be taken.
      await Deno.mkdir(`${folder}/files`);
      await Deno.symlink(`${disk}/inner/pg/global`, `${folder}/files/global`);
      assertEquals(
        (await runIn(folder, "commands/migrate.ts", [], { DATABASE_URL: `pglite:${folder}/files` })).stderr,
        `db:migrate: Cannot open the database in ${folder}/files: its disk is read-only\n`,
      );
    } finally {
      await new Deno.Command("umount", { args: [disk], stdin: "null" }).output();
    }
  },
});
