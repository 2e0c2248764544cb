import { withstand } from "./faulty_system.ts";

const FROZEN_MS = 10_000;
const CUTS = 40;

Deno.test("events survive SIGKILL of Postgres under load, and are stored once", async () => {
  await withstand("SIGKILL of Postgres", async ({ server, load }) => {
    await server.kill();
    await load.spool(500);
    await server.start();
  });
});

Deno.test("events survive pg_ctl restart -m immediate under load, three times in a row, and are stored once", async () => {
  await withstand("restart -m immediate", async ({ server, load }) => {
    for (let time = 0; time < 3; time++) {
      await server.restartImmediate();
      await load.acknowledge(200);
    }
  });
});

Deno.test("events survive a Postgres that stands still for 10 s, and are stored once", async () => {
  await withstand("SIGSTOP of Postgres", async ({ server, load }) => {
    await server.freeze();
    await load.last(FROZEN_MS);
    await server.thaw();
  });
});

Deno.test("events survive that their connections are cut again and again, and are stored once", async () => {
  await withstand("pg_terminate_backend", async ({ server, load }) => {
    for (let cut = 0; cut < CUTS; cut++) {
      await server.terminateBackends();
      await load.acknowledge(20);
    }
  });
});

Deno.test("events survive that somebody uses up max_connections, and are stored once", async () => {
  await withstand("max_connections", async ({ server, load }) => {
    await using _all = await server.useUpConnections();
    await load.spool(500);
  });
});

Deno.test("events survive a Postgres that is read-only for a while, and are stored once", async () => {
  await withstand("default_transaction_read_only", async ({ server, load }) => {
    await server.setReadOnly(true);
    await load.spool(500);
    await server.setReadOnly(false);
  });
});
