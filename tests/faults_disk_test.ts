import { withstand } from "./faulty_system.ts";
import { canMount } from "./small_disk.ts";

const mountable = await canMount();
const title = mountable ? "" : " (not run: only root may mount a small disk, and on Linux only)";

Deno.test({
  name: `events survive that the disk of the tables is full, and are stored once${title}`,
  ignore: !mountable,
  fn: async () => {
    await withstand("disk of the tables full", async ({ server, load }) => {
      await server.fillDisk();
      await load.spool(500);
      await server.freeDisk();
    }, { smallDisk: "data" });
  },
});

Deno.test({
  name: `events survive that the disk of the write-ahead log is full, and are stored once${title}`,
  ignore: !mountable,
  fn: async () => {
    await withstand("disk of the write-ahead log full", async ({ server, load }) => {
      await server.fillDisk();
      await load.spool(500);
      await server.freeDisk();
      // It panics when it cannot go on writing, and may not have come up again by itself.
      await server.start();
    }, { smallDisk: "wal" });
  },
});
