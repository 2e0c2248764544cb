import { assert, assertEquals } from "@std/assert";
import { withstand } from "./faulty_system.ts";
import { until } from "./until.ts";

const EXIT_MS = 5_000;
// What the machine may add, with others at work on it.
const SLACK_MS = 1_000;

Deno.test("events survive SIGKILL of the app while they wait in its spool, and are stored once", async () => {
  await withstand("SIGKILL of the app with a full spool", async ({ server, load, app, startApp }) => {
    await server.kill();
    await load.spool(2_000);
    await app().stop("SIGKILL");
    await startApp();
    await load.spool(200);
    await server.start();
  });
});

Deno.test("events survive SIGKILL of the app and Postgres at once, twice, and are stored once", async () => {
  await withstand("SIGKILL of both", async ({ server, load, app, startApp }) => {
    for (let time = 0; time < 2; time++) {
      await Promise.all([server.kill(), app().stop("SIGKILL")]);
      await startApp();
      await load.spool(300);
      await server.start();
      await load.acknowledge(100);
    }
  });
});

Deno.test("events survive SIGKILL of the app while it brings its spool into Postgres, and are stored once", async () => {
  await withstand("SIGKILL of the app as it drains", async ({ server, load, app, startApp, health }) => {
    await server.kill();
    await load.spool(2_000);
    const spooled = (await health()).spool!.events;
    await server.start();
    await until("some of the spool is drained", async () => (await health()).spool!.events < spooled);
    await app().stop("SIGKILL");
    await startApp();
  });
});

Deno.test("without a spool and without Postgres events are refused until it is back, and are stored once", async () => {
  await withstand("SIGKILL of Postgres without a spool", async ({ server, load }) => {
    await server.kill();
    // What was on its way through may still be answered.
    await until("the first is refused", () => load.endings.some(({ status }) => status === 503));
    const { size } = load.acknowledged;
    const { length } = load.endings;
    await until("hundreds are refused", () => load.endings.length >= length + 300);
    assertEquals(load.acknowledged.size, size);
    await server.start();
  }, { env: { SPOOL_PATH: "off" }, duringFault: 0 });
});

Deno.test("SIGTERM under load: a deploy loses no event, and answers none with what a retry does not cure", async () => {
  await withstand("two deploys", async ({ load, app, startApp }) => {
    for (let deploy = 0; deploy < 2; deploy++) {
      assertEquals(await app().stop("SIGTERM"), 0, app().output());
      await startApp();
      await load.acknowledge(200);
    }
  });
});

Deno.test("SIGTERM while Postgres stands still: ends with 0 within 5 s, and the next process has what was acknowledged", async () => {
  await withstand("SIGTERM with Postgres frozen", async ({ server, load, app, startApp }) => {
    await server.freeze();
    await load.last(500);
    const askedAt = performance.now();
    assertEquals(await app().stop("SIGTERM"), 0, app().output());
    const ms = performance.now() - askedAt;
    await server.thaw();
    await startApp();
    assert(ms < EXIT_MS + SLACK_MS, `the app took ${ms.toFixed(0)} ms to end`);
  }, { duringFault: 0 });
});

Deno.test("a second signal ends the app at once, and the next process has what was acknowledged", async () => {
  await withstand("SIGTERM and SIGINT with Postgres frozen", async ({ server, load, app, startApp }) => {
    await server.freeze();
    await load.last(500);
    const first = app().stop("SIGTERM");
    await until("it is stopping", () => app().output().includes("stopping"));
    const askedAt = performance.now();
    await app().stop("SIGINT");
    const ms = performance.now() - askedAt;
    await first;
    await server.thaw();
    await startApp();
    assert(ms < SLACK_MS, `the app took ${ms.toFixed(0)} ms to end`);
  }, { duringFault: 0 });
});

Deno.test("a signal that a task runner hands on once more is not a second one: the app ends with 0", async () => {
  await withstand("SIGTERM twice", async ({ server, load, app, startApp }) => {
    await server.freeze();
    await load.last(500);
    const first = app().stop("SIGTERM");
    await until("it is stopping", () => app().output().includes("stopping"));
    assertEquals([await app().stop("SIGTERM"), await first], [0, 0], app().output());
    await server.thaw();
    await startApp();
  }, { duringFault: 0 });
});
