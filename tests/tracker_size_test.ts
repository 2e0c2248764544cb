import { assert, assertEquals } from "@std/assert";
import { compressBrotli, compressGzip } from "../web/assets.ts";
import { print } from "../log.ts";

// What a visitor downloads, and what peers weigh, gzipped: Umami 2.25 kB, Plausible 2.7 kB, GoatCounter 3.3 kB.
const LIMITS = { brotli: 2400, gzip: 2800 };

Deno.test("the tracker weighs at most 2,400 bytes in brotli and 2,800 in gzip", async () => {
  const file = await Deno.readFile(new URL("../web/dist/tracking.js", import.meta.url));
  const brotli = (await compressBrotli(file)).length;
  const gzip = (await compressGzip(file)).length;
  print(
    `tracking.js: ${file.length} bytes, ${gzip} gzip (of ${LIMITS.gzip}), ${brotli} brotli (of ${LIMITS.brotli})`,
  );
  assert(brotli <= LIMITS.brotli, `${brotli} bytes brotli`);
  assert(gzip <= LIMITS.gzip, `${gzip} bytes gzip`);
});

Deno.test("web/dist is what its source builds", async () => {
  // In a process of its own: the bundler's leaves some time after it was told to stop.
  const build = new URL("../web/build.ts", import.meta.url).pathname;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args: ["run", "-A", build, "--check"] })
    .output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});
