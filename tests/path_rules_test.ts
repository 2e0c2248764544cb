import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { canonicalPath } from "../events/page_path.ts";
import { PathRules, type PathSettings } from "../events/path_rules.ts";

const KEEP: PathSettings = { trailingSlash: "keep", indexHtml: "keep", pageParameters: [] };

// [settings, [what is sent, what is stored][]]
const CASES: [Partial<PathSettings>, [string, string][]][] = [
  [{ trailingSlash: "drop" }, [
    ["/", "/"],
    ["//", "/"],
    ["/about", "/about"],
    ["/about/", "/about"],
    ["/about//", "/about"],
    ["/a//b/", "/a//b"],
    ["/%C3%BCber/", "/über"],
    ["/about%2F", "/about%2F"],
    ["/index.html", "/index.html"],
    ["/about/?x=1", "/about?x=1"],
    // Hash routes.
    ["/#/one/", "/#/one"],
    ["/app/#!/one/", "/app#!/one"],
    ["/#/", "/#/"],
    ["/about/#team/", "/about#team/"],
    ["", ""],
  ]],
  [{ indexHtml: "drop" }, [
    ["/index.html", "/"],
    ["/docs/index.html", "/docs/"],
    ["/docs/index%2Ehtml", "/docs/"],
    ["/docs/index.html?x=1", "/docs/?x=1"],
    ["/docs/my-index.html", "/docs/my-index.html"],
    ["/docs/index.html/a", "/docs/index.html/a"],
    ["/docs/", "/docs/"],
  ]],
  [{ trailingSlash: "drop", indexHtml: "drop" }, [
    ["/index.html", "/"],
    ["/docs/index.html", "/docs"],
    ["/docs//index.html", "/docs"],
    ["/docs/index.html/", "/docs"],
    ["/index.html/", "/"],
  ]],
  [{ pageParameters: ["id", "größe"] }, [
    ["/shop", "/shop"],
    ["/shop?id=7", "/shop?id=7"],
    ["/shop?sort=asc&id=7", "/shop?id=7"],
    ["/shop?gr%C3%B6%C3%9Fe=xl&id=7", "/shop?id=7&größe=xl"],
    ["/shop?id=a%20b", "/shop?id=a b"],
    ["/shop?id=a+b", "/shop?id=a b"],
    ["/shop?id=%c3%bc", "/shop?id=ü"],
    ["/shop?id=a%2fb%26c%23d%3De", "/shop?id=a/b%26c%23d%3De"],
    ["/shop?id=1&id=2", "/shop?id=1&id=2"],
    ["/shop?id", "/shop?id"],
    ["/shop?id=", "/shop?id"],
    ["/shop?ID=7", "/shop"],
    ["/shop?id=%zz%00", "/shop?id=%25zz%00"],
    ["/shop?a=?id=7", "/shop"],
    ["/#/shop?id=7", "/#/shop?id=7"],
    ["/?id=7#/shop", "/#/shop?id=7"],
    ["/shop/?id=7", "/shop/?id=7"],
  ]],
];

for (const [settings, paths] of CASES) {
  Deno.test(`by ${JSON.stringify(settings)} a path has one form, which stays as it is`, () => {
    const rules = new PathRules({ ...KEEP, ...settings });
    assertEquals(paths.map(([sent]) => [sent, rules.pathOf(sent)]), paths);
    assertEquals(paths.map(([, stored]) => rules.pathOf(stored)), paths.map(([, stored]) => stored));
  });
}

Deno.test("a parameter that the path does not have is looked for in its URL, and not in that of another page", () => {
  const rules = new PathRules({ ...KEEP, trailingSlash: "drop", pageParameters: ["id"] });
  // [path, URL, what is stored]
  const cases: [string, string, string][] = [
    ["/shop?id=1", "https://shop.test/shop?id=2", "/shop?id=1"],
    ["/shop", "https://shop.test/shop?id=2#?id=3", "/shop?id=2"],
    ["/shop/", "https://shop.test/shop?id=2", "/shop?id=2"],
    ["/über", "https://shop.test/%C3%BCber?id=2", "/über?id=2"],
    ["/#/shop", "https://shop.test/#/shop?id=3", "/#/shop?id=3"],
    ["/#/shop", "https://shop.test/?id=2#/shop", "/#/shop?id=2"],
    ["/shop", "https://shop.test/shop#id=3", "/shop"],
    ["/shop", "https://shop.test/old?id=2", "/shop"],
    ["/shop", "/shop?id=2", "/shop"],
  ];
  assertEquals(cases.map(([path, url]) => [path, url, rules.pathOf(path, url)]), cases);
});

Deno.test("no path takes the rules long, and none grows beyond what a column takes", () => {
  const rules = new PathRules({
    trailingSlash: "drop",
    indexHtml: "drop",
    pageParameters: Array.from({ length: 100 }, (_, i) => `p${i}`),
  });
  const hostile = [
    `/${"/".repeat(2_000)}x`,
    `/a${"/".repeat(2_000)}`,
    `/${"/index.html".repeat(180)}/`,
    `/?${"p1=&".repeat(2_000)}`,
    `/${"#?".repeat(1_000)}`,
    `/?p1=${"%F0%9F%98%80".repeat(500)}`,
  ];
  const started = performance.now();
  for (const path of hostile) {
    const stored = rules.pathOf(path, `https://shop.test${path}`);
    assert(stored.length <= 2048, `${stored.length} characters of ${path.slice(0, 20)}`);
    assertEquals(stored, stored.toWellFormed());
  }
  assert(performance.now() - started < 2_000);
});

// What the rules look for, and what they do not, so that what is drawn is sometimes both.
const piece = fc.oneof(
  fc.constantFrom(
    "/",
    "//",
    "/index.html",
    "?",
    "#",
    "#/",
    "#!/",
    "&",
    "=",
    "id",
    "id=7",
    "%2F",
    "%C3",
    "%bc",
    "ü",
    "+",
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const address = fc.array(piece, { maxLength: 14 }).map((pieces) => `/${pieces.join("")}`.toWellFormed());
const keepOrDrop = fc.constantFrom("keep" as const, "drop" as const);
const anySettings = fc.record({
  trailingSlash: keepOrDrop,
  indexHtml: keepOrDrop,
  pageParameters: fc.subarray(["id", "7", "ü"]),
});

Deno.test("what the rules make of a path stays as it is, and is its one form", () => {
  fc.assert(
    fc.property(address, address, anySettings, (path, url, settings) => {
      const rules = new PathRules(settings);
      const stored = rules.pathOf(path, `https://shop.test${url}`);
      assertEquals([rules.pathOf(stored), canonicalPath(stored)], [stored, stored]);
    }),
    { numRuns: 1_000 },
  );
});
