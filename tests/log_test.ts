import { assertEquals, assertMatch } from "@std/assert";

// In a process of its own, so that what a host would collect is what is compared.
async function run(script: string): Promise<{ stdout: string; stderr: string }> {
  const module = new URL("../log.ts", import.meta.url).href;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--ext=ts",
      `import { hideSecrets, log, print, printError, setLogLevel } from ${
        JSON.stringify(module)
      };\n${script}`,
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return { stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** The records that a text of JSON lines holds, without their times. */
function records(text: string): unknown[] {
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const { time, ...record } = JSON.parse(line);
    assertMatch(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    return record;
  });
}

Deno.test("log: one JSON line a record; warnings and errors on stderr, debug only where asked for", async () => {
  const { stdout, stderr } = await run(`
    log.debug("not yet");
    log.info("first", { rows: 3 });
    log.warn("second");
    log.error("third", { lines: "a\\nb" });
    setLogLevel("debug");
    log.debug("fourth", { count: 9007199254740993n, nothing: undefined, at: new Date(0) });
    setLogLevel("error");
    log.warn("no more");
    print("plain");
    printError("plain error");
  `);

  const out = stdout.split("\n");
  assertEquals(records(out.slice(0, 2).join("\n")), [
    { level: "info", message: "first", rows: 3 },
    { level: "debug", message: "fourth", count: "9007199254740993", at: "1970-01-01T00:00:00.000Z" },
  ]);
  assertEquals(out.slice(2), ["plain", ""]);
  const err = stderr.split("\n");
  assertEquals(records(err.slice(0, 2).join("\n")), [
    { level: "warn", message: "second" },
    { level: "error", message: "third", lines: "a\nb" },
  ]);
  assertEquals(err.slice(2), ["plain error", ""]);
});

Deno.test("log: an error is its name, message, code and causes, without its stack", async () => {
  const { stderr } = await run(`
    const cause = Object.assign(new RangeError("deep"), { code: "ECONNRESET" });
    log.error("failed", { error: new TypeError("shallow", { cause }), other: "text" });
  `);

  assertEquals(records(stderr), [{
    level: "error",
    message: "failed",
    error: {
      name: "TypeError",
      message: "shallow",
      cause: { name: "RangeError", message: "deep", code: "ECONNRESET" },
    },
    other: "text",
  }]);
});

Deno.test("log: what is called a secret is redacted, however deep", async () => {
  const { stdout } = await run(`
    log.info("asked", {
      adminToken: "hunter2",
      headers: { Authorization: "Bearer hunter2", "Set-Cookie": ["a=hunter2"], accept: "*/*" },
      list: [{ PASSWORD: "hunter2", client_secret: { a: "hunter2" }, salt: 7 }],
    });
  `);

  assertEquals(records(stdout), [{
    level: "info",
    message: "asked",
    adminToken: "[redacted]",
    headers: { Authorization: "[redacted]", "Set-Cookie": "[redacted]", accept: "*/*" },
    list: [{ PASSWORD: "[redacted]", client_secret: "[redacted]", salt: "[redacted]" }],
  }]);
});

Deno.test("log: a URL's password is redacted in texts, messages and errors", async () => {
  const { stderr } = await run(`
    log.warn("cannot reach postgres://app:hunter2@db:5432/x or redis://:hunter2@cache", {
      url: "postgres://app:hun@ter2@db/x",
      kept: "https://example.com:8000/a?b=c and me@example.com, 10:30",
      error: new Error("at postgres://app:hunter2@db", { cause: new Error("postgres://a:hunter2@b") }),
    });
  `);

  assertEquals(records(stderr), [{
    level: "warn",
    message: "cannot reach postgres://app:[redacted]@db:5432/x or redis://:[redacted]@cache",
    url: "postgres://app:[redacted]@db/x",
    kept: "https://example.com:8000/a?b=c and me@example.com, 10:30",
    error: {
      name: "Error",
      message: "at postgres://app:[redacted]@db",
      cause: { name: "Error", message: "postgres://a:[redacted]@b" },
    },
  }]);
});

Deno.test("log: passwords and tokens are redacted in whatever text a driver writes, and in what a command prints of it", async () => {
  const { stdout, stderr } = await run(`
    hideSecrets(["correct horse", "short", "t0ken-of-the-admin"]);
    const texts = [
      "Invalid URL: 'postgres://app1:S3cr3t#@db/t'",
      "Invalid URL: 'postgresql://app1:a/b?c@db/t' with base",
      "getaddrinfo ENOTFOUND correct horse",
      "host=db password='S3cr3t x' user=app",
      "?user=app&password=S3cr3t&sslmode=disable",
      "Authorization: Bearer S3cr3tS3cr3t==",
      "key ff_${"k".repeat(43)} of t0ken-of-the-admin",
      "short words, bearer of news, password authentication failed for user app",
      "such as postgres://USER:PASSWORD@HOST:PORT/DATABASE",
    ];
    for (const text of texts) log.info(text);
    printError(texts.join("\\n"));
  `);

  const expected = [
    "Invalid URL: 'postgres://app1:[redacted]@db/t'",
    "Invalid URL: 'postgresql://app1:[redacted]@db/t' with base",
    "getaddrinfo ENOTFOUND [redacted]",
    "host=db password=[redacted] user=app",
    "?user=app&password=[redacted]&sslmode=disable",
    "Authorization: Bearer [redacted]",
    "key [redacted] of [redacted]",
    "short words, bearer of news, password authentication failed for user app",
    "such as postgres://USER:PASSWORD@HOST:PORT/DATABASE",
  ];
  assertEquals(records(stdout), expected.map((message) => ({ level: "info", message })));
  assertEquals(stderr.trimEnd().split("\n"), expected);
});
