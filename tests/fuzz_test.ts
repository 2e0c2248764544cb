import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { print } from "../log.ts";
import { pageview, type TestApp, testApp } from "./fixtures.ts";
import { soundPageview, wildEvent, wildValue } from "./wild_json.ts";

const BODIES = 1_500;
const ARRAYS = 200;
const MAX_BODY_BYTES = 256 * 1024;

const utf8 = new TextEncoder();

const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: "binary", maxLength: 300 }).map((text) => utf8.encode(text)),
  wildValue.map((json) => utf8.encode(json)),
  { weight: 4, arbitrary: wildEvent.map((json) => utf8.encode(json)) },
  fc.array(fc.oneof(wildEvent, wildValue), { maxLength: 5 }).map((items) =>
    utf8.encode(`[${items.join(",")}]`)
  ),
  // Cut off: within a name, a number, an escape, a character of several bytes.
  fc.tuple(wildEvent, fc.double({ min: 0, max: 1, noNaN: true })).map(([json, part]) => {
    const bytes = utf8.encode(json);
    return bytes.subarray(0, Math.floor(bytes.length * part));
  }),
  // A sound event with one byte that is not what it was.
  fc.tuple(fc.nat(), fc.nat(255)).map(([place, byte]) => {
    const bytes = utf8.encode(JSON.stringify(pageview({ eventId: crypto.randomUUID() })));
    bytes[place % bytes.length] = byte;
    return bytes;
  }),
);

// What such a field holds is the business of whoever thought of it, unless the event is a batch, spelled as it may be.
const FOUND = [
  `{"eventType":"click","siteId":"a","events":1}`,
  `{"eventType":"click","siteId":"a","events":{"length":1}}`,
  `{"eventType":"bat\\u0000ch","siteId":"a","events":1}`,
];

/** Each post is somebody else's, since one client alone may not post that fast. */
let visitors = 0;

async function post(app: TestApp, body: BodyInit): Promise<Response> {
  const visitor = ++visitors;
  return await app.request("/collect", {
    method: "POST",
    headers: { "x-forwarded-for": `10.${visitor >> 16 & 255}.${visitor >> 8 & 255}.${visitor & 255}` },
    body,
  });
}

/** What the runtime would end the process for. */
function unhandledRejections(): { reasons: unknown[]; [Symbol.dispose](): void } {
  const reasons: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    reasons.push(event.reason);
  };
  addEventListener("unhandledrejection", listen);
  return { reasons, [Symbol.dispose]: () => removeEventListener("unhandledrejection", listen) };
}

async function runEtl(app: TestApp): Promise<void> {
  const runs = await app.etl();
  assertEquals(runs.filter(({ error }) => error !== undefined), []);
  assertEquals(await app.rows("select count(*) as pending from events_log_pending"), [{ pending: 0 }]);
}

Deno.test("POST /collect answers any body with 202 or a problem that says what is wrong, never with a 5xx", async () => {
  using unhandled = unhandledRejections();
  await using app = await testApp({ trustProxy: 1 });
  const statuses: Record<number, number> = {};
  await fc.assert(
    fc.asyncProperty(anyBody, async (body) => {
      const response = await post(app, body);
      statuses[response.status] = (statuses[response.status] ?? 0) + 1;
      const answer = await response.json();
      if (response.status === 202) return assert(answer.accepted >= 1, JSON.stringify(answer));
      assert([400, 413].includes(response.status), `${response.status}: ${JSON.stringify(answer)}`);
      assertEquals(
        [response.headers.get("content-type"), answer.status, typeof answer.detail],
        ["application/problem+json", response.status, "string"],
      );
    }),
    { numRuns: BODIES, examples: FOUND.map((json) => [utf8.encode(json)]) },
  );
  await runEtl(app);
  print(`fuzz: ${BODIES} bodies, answered with ${JSON.stringify(statuses)}`);
  assertEquals(unhandled.reasons, []);
});

Deno.test("POST /collect stores each sound pageview of an array, whatever stands beside it", async () => {
  using unhandled = unhandledRejections();
  await using app = await testApp({ trustProxy: 1 });
  const sound: string[] = [];
  let wild = 0;
  const item = fc.oneof(
    fc.record({ eventId: fc.uuid({ version: 4 }), siteId: fc.constantFrom("a", "b") }).chain((fields) =>
      soundPageview(fields).map((json) => ({ json, eventId: fields.eventId as string | undefined }))
    ),
    fc.oneof({ weight: 6, arbitrary: wildEvent }, wildValue, fc.constantFrom(...FOUND)).map((json) => ({
      json,
      eventId: undefined,
    })),
  );
  const array = fc.uniqueArray(item, {
    minLength: 2,
    maxLength: 40,
    selector: ({ eventId, json }) => eventId ?? json,
  })
    .filter((items) => items.some(({ eventId }) => eventId !== undefined))
    .filter((items) => utf8.encode(items.map(({ json }) => json).join(",")).length < MAX_BODY_BYTES - 2);
  await fc.assert(
    fc.asyncProperty(array, async (items) => {
      const response = await post(app, `[${items.map(({ json }) => json).join(",")}]`);
      const answer = await response.json();
      assertEquals(response.status, 202, JSON.stringify(answer));
      const ids = items.flatMap(({ eventId }) => eventId === undefined ? [] : [eventId]);
      const rejected = new Set(answer.rejected?.map(({ index }: { index: number }) => index));
      assertEquals(items.filter(({ eventId }, index) => eventId !== undefined && rejected.has(index)), []);
      assertEquals(
        await app.rows("select count(*) as stored from events_log where event_id = any($1::uuid[])", [ids]),
        [{ stored: ids.length }],
      );
      sound.push(...ids);
      wild += items.length - ids.length;
    }),
    { numRuns: ARRAYS },
  );
  await runEtl(app);
  const ids = [...new Set(sound)];
  assertEquals(
    await app.rows(
      "select count(*) as views, count(distinct event_id) as ids from pageviews where event_id = any($1::uuid[])",
      [ids],
    ),
    [{ views: ids.length, ids: ids.length }],
  );
  print(`fuzz: ${ARRAYS} arrays of ${sound.length} sound pageviews and ${wild} wild items`);
  assertEquals(unhandled.reasons, []);
});
