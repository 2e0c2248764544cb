import { assert, assertEquals } from "@std/assert";
import { Exclusions } from "../events/exclusions.ts";

// [pattern, the paths that it leaves out, paths that it does not]
const PATHS: [string, string[], string[]][] = [
  ["/admin", ["/admin", "/admin?x=1", "/admin#users"], ["/admin/", "/Admin", "/admin/users", "/x/admin", ""]],
  ["/admin/*", ["/admin/", "/admin/users", "/admin/users/7"], ["/admin", "/administrator", "/x/admin/"]],
  ["/admin*", ["/admin", "/administrator", "/admin/users"], ["/adm", "/x/admin"]],
  ["*/edit", ["/edit", "/posts/7/edit"], ["/edit/", "/editor"]],
  ["/posts/*/edit", ["/posts/7/edit", "/posts//edit", "/posts/a/b/edit"], ["/posts/edit", "/posts/7/edits"]],
  ["/a*b*c", ["/abc", "/a-b-c", "/abbcc"], ["/acb", "/ab", "/abcd"]],
  ["/aa*aa", ["/aaaa", "/aabaa"], ["/aa", "/aaa"]],
  ["/a.c", ["/a.c"], ["/abc"]],
  // As the browser writes it and as people do.
  ["/über/*", ["/über/uns", "/%C3%BCber/uns"], ["/uber/uns"]],
  ["/%C3%BCber", ["/über", "/%C3%BCber"], []],
  ["/100%", ["/100%"], ["/100"]],
];

for (const [pattern, excluded, kept] of PATHS) {
  Deno.test(`the pattern ${pattern} stands for whole paths`, () => {
    const exclusions = new Exclusions([pattern], []);
    assertEquals([...excluded, ...kept].filter((path) => exclusions.hasPath(path)), excluded);
    assertEquals(exclusions.hasPath(undefined), false);
  });
}

Deno.test("no pattern and no path take long together", () => {
  const exclusions = new Exclusions([`/${"*a".repeat(200)}*b`], []);
  const started = performance.now();
  assertEquals(exclusions.hasPath(`/${"a".repeat(8_000)}`), false);
  // By a regular expression it would be longer than the universe is old.
  assert(performance.now() - started < 1_000);
});

// [network, the addresses in it, addresses that are not]
const NETWORKS: [string, string[], string[]][] = [
  ["203.0.113.7/32", ["203.0.113.7", "::ffff:203.0.113.7"], ["203.0.113.8"]],
  ["203.0.113.0/24", ["203.0.113.0", "203.0.113.255"], ["203.0.114.0", "::1"]],
  ["2001:db8:1::/48", ["2001:db8:1::1", "2001:db8:1:ffff::"], ["2001:db8:2::1", "203.0.113.7"]],
];

for (const [network, inside, outside] of NETWORKS) {
  Deno.test(`the network ${network} holds just its addresses`, () => {
    const exclusions = new Exclusions([], [network]);
    assertEquals([...inside, ...outside].filter((address) => exclusions.hasAddress(address)), inside);
    assertEquals(exclusions.hasAddress(undefined), false);
  });
}
