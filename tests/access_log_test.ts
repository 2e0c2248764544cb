import { assertEquals, assertMatch } from "@std/assert";
import { serveDev } from "./served_process.ts";
import { until } from "./until.ts";

const ADMIN_TOKEN = "logged-admin-token";
const PASSWORD = "correct horse battery";

Deno.test("no token, key, password, cookie or slug gets into the log, also where a request fails", async () => {
  await using server = await serveDev({ ADMIN_TOKEN, SPOOL_PATH: "off", LOG_LEVEL: "debug" });
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(server.url + path, { redirect: "manual", ...init });
    return { status: response.status, text: await response.text(), cookies: response.headers.getSetCookie() };
  };
  const admin = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const post = (path: string, body: BodyInit, headers: Record<string, string> = { origin: server.url }) =>
    ask(path, { method: "POST", headers, body });

  const { key } = JSON.parse((await post("/api/v1/keys", "{}", admin)).text);
  const link = await post("/api/v1/sites/shop/share-links", JSON.stringify({ password: PASSWORD }), admin);
  const path = new URL(JSON.parse(link.text).url).pathname;
  const signedIn = await post("/dashboard/sign-in", new URLSearchParams({ token: ADMIN_TOKEN }));
  const opened = await post(path, new URLSearchParams({ password: PASSWORD }));
  assertEquals([signedIn.status, opened.status], [303, 303]);
  // Now everything that looks them up fails.
  assertEquals((await post("/sql", "drop table share_links, api_keys", admin)).status, 200);
  const failed = [
    await ask(path),
    await post(path, new URLSearchParams({ password: PASSWORD })),
    await ask("/dashboard/shop", { headers: { authorization: `Bearer ${key}` } }),
    await ask("/dashboard/shop", { headers: { cookie: opened.cookies[0]!.split(";")[0]! } }),
  ];
  assertEquals(failed.map(({ status }) => status), [500, 500, 500, 500]);

  const records = () => server.output().split("\n").filter((line) => line.startsWith("{"));
  await until(
    "all four are logged",
    () => records().filter((line) => line.includes("a request failed")).length === 4,
  );
  const log = records().join("\n");
  assertMatch(log, /"method":"GET","path":"\/share\/\[redacted\]"/);
  const values = [...signedIn.cookies, ...opened.cookies].map((cookie) => /=([^;]*)/.exec(cookie)![1]!);
  const secrets = [ADMIN_TOKEN, PASSWORD, key, path.slice("/share/".length), ...values];
  assertEquals(secrets.filter((secret) => log.includes(secret)), []);
});
