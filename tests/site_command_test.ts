import { assertEquals } from "@std/assert";
import { answered, commandTest, failed, refused } from "./command_run.ts";
import { testDatabase } from "./test_database.ts";

commandTest("site adds, sets, lists and removes sites", testDatabase, async (run, db) => {
  const site = (...args: string[]) => run("commands/site.ts", args);
  const rows = () =>
    db.query(
      `select site_id, domains, timezone, ip_mode, retention_days, redact_names, exclude_paths, exclude_networks,
         count_bots, trailing_slash, index_html, page_parameters
       from sites order by site_id`,
    );
  const blog = {
    site_id: "blog",
    domains: [] as string[],
    timezone: "UTC",
    ip_mode: null,
    retention_days: null,
    redact_names: [],
    exclude_paths: [],
    exclude_networks: [],
    count_bots: false,
    trailing_slash: "keep",
    index_html: "keep",
    page_parameters: [],
  };

  assertEquals(await site("list"), answered("(no rows)"));
  assertEquals(await site("list", "--json"), answered("[]"));
  assertEquals(await site("add", "blog"), answered("added: blog"));
  assertEquals(
    await site(
      ..."add shop --domain https://Shop.example:8443/cart?x=1 --domain=www.shop.example --domain localhost"
        .split(" "),
      ..."--timezone Europe/Berlin --ip-mode none --retention-days 30 --redact customerNo".split(" "),
      ...["--redact", "card holder", "--exclude-path", "/admin*", "--exclude-path=*/edit"],
      ..."--exclude-ip 203.0.113.7 --exclude-ip 2001:db8:1:2::3/48 --count-bots".split(" "),
      ..."--trailing-slash drop --index-html drop --page-parameter id --page-parameter lang".split(" "),
    ),
    answered("added: shop"),
  );
  assertEquals(
    await site("list"),
    answered(
      "site  domains                                    timezone       ip_mode        retention_days  redact                   exclude_path     exclude_ip                    bots     paths",
      "----  -----------------------------------------  -------------  -------------  --------------  -----------------------  ---------------  ----------------------------  -------  --------------------------------------------",
      "blog  any                                        UTC            as the server  as the server",
      "shop  shop.example, www.shop.example, localhost  Europe/Berlin  none           30              customerNo, card holder  /admin*, */edit  203.0.113.7, 2001:db8:1::/48  counted  no trailing slash, no index.html, ?id, ?lang",
    ),
  );
  const shop = {
    site_id: "shop",
    domains: ["shop.example", "www.shop.example", "localhost"],
    timezone: "Europe/Berlin",
    ip_mode: "none",
    retention_days: 30,
    redact_names: ["customerNo", "card holder"],
    exclude_paths: ["/admin*", "*/edit"],
    exclude_networks: ["203.0.113.7/32", "2001:db8:1::/48"],
    count_bots: true,
    trailing_slash: "drop",
    index_html: "drop",
    page_parameters: ["id", "lang"],
  };
  assertEquals(await rows(), [blog, shop]);
  // What is not given stays as it is.
  assertEquals(await site("set", "shop", "--timezone", "UTC"), answered("changed: shop"));
  assertEquals(await site("set", "blog", "--domain", "blog.example"), answered("changed: blog"));
  assertEquals(
    await site("set", "shop", "--retention-days", "default", "--redact", "none", "--json"),
    answered("{", '  "done": "changed",', '  "site": "shop"', "}"),
  );
  const changed = { ...shop, timezone: "UTC", retention_days: null, redact_names: [] };
  assertEquals(await rows(), [{ ...blog, domains: ["blog.example"] }, changed]);
  await site(
    ..."set shop --domain any --ip-mode default --exclude-path none --exclude-ip none --no-count-bots".split(
      " ",
    ),
    ..."--trailing-slash keep --index-html keep --page-parameter none".split(" "),
  );
  assertEquals((await rows())[1], { ...blog, site_id: "shop" });
  assertEquals(
    await site("set", "shop", "--count-bots", "--no-count-bots"),
    refused("site", "give --count-bots or --no-count-bots, not both"),
  );
  await db.query(
    "insert into goals (site_id, name, page) values ('shop', 'Read', '/docs/'), ('shop', 'Home', '/')",
  );
  assertEquals(
    await site("set", "shop", "--trailing-slash", "drop"),
    answered(
      "changed: shop",
      "The goal Read is not reached any more: /docs/ is stored as /docs from now on; add a goal for that",
    ),
  );
  assertEquals((await site("remove", "shop")).stdout.split("\n")[0], "removed: shop");
  assertEquals(
    await site("set", "shop", "--timezone", "UTC"),
    failed("site", "Cannot set shop: there is no such site; add it with: deno task site add shop"),
  );
  assertEquals(await db.query("select site_id from sites"), [{ site_id: "blog" }]);
});

commandTest(
  "site set adds and removes domains, and site add leaves a site that is there as it is",
  testDatabase,
  async (run, db) => {
    const site = (command: string) => run("commands/site.ts", command.split(" "));
    const domains = async () =>
      (await db.query("select domains from sites where site_id = 'shop'"))[0]!.domains;
    await site("add shop --domain shop.example --timezone Europe/Berlin");

    assertEquals(
      await site("add shop --domain docs.example"),
      failed(
        "site",
        "Cannot add shop: there is a site of this id; change it with: deno task site set shop …, such as --add-domain example.com",
      ),
    );
    assertEquals(await domains(), ["shop.example"]);
    assertEquals(
      await site("set shop --add-domain MÜNCHEN.example --add-domain docs.example"),
      answered("changed: shop"),
    );
    assertEquals(await domains(), ["shop.example", "xn--mnchen-3ya.example", "docs.example"]);
    assertEquals(
      (await site("list")).stdout.split("\n")[2]!.replace(/ {2,}/g, "  "),
      "shop  shop.example, münchen.example, docs.example  Europe/Berlin  as the server  as the server",
    );
    // Both spellings of a domain are one.
    await site("set shop --add-domain xn--mnchen-3ya.example");
    assertEquals(
      await site("set shop --remove-domain münchen.example --add-domain a.example"),
      answered("changed: shop"),
    );
    assertEquals(await domains(), ["shop.example", "docs.example", "a.example"]);
    const refusals: [string, string][] = [
      [
        "set shop --remove-domain other.example",
        "Cannot set shop: it does not list all of the domains to remove; see what it lists: deno task site list",
      ],
      [
        "set shop --remove-domain shop.example --remove-domain docs.example --remove-domain a.example",
        "Cannot set shop: without its last domain pages of any host could post; if they may, say so: " +
        "deno task site set shop --domain any",
      ],
      [
        `set shop${Array.from({ length: 98 }, (_, i) => ` --add-domain d${i}.example`).join("")}`,
        "Cannot set shop: it would list more than 100 domains; remove some with --remove-domain",
      ],
      [
        "set shop --add-domain exa!mple",
        'Cannot set --add-domain to "exa!mple": give a host name such as example.com',
      ],
    ];
    for (const [command, problem] of refusals) assertEquals(await site(command), failed("site", problem));
    assertEquals(await domains(), ["shop.example", "docs.example", "a.example"]);
    await site("set shop --domain any");
    assertEquals(
      await site("set shop --add-domain shop.example"),
      failed(
        "site",
        "Cannot set shop: it lists no domain, so pages of any host may post; to accept some only, list all of them: " +
          "deno task site set shop --domain example.com --domain www.example.com",
      ),
    );
    assertEquals(
      await site("add blog --add-domain blog.example"),
      refused("site", "add takes --domain: the site lists no domain yet"),
    );
    assertEquals(
      await site("set shop --domain a.example --add-domain b.example"),
      refused("site", "--domain gives the whole list: leave out --add-domain and --remove-domain"),
    );
  },
);

commandTest(
  "site takes ids that look like numbers or flags' values as they are",
  testDatabase,
  async (run, db) => {
    for (const id of ["007", "1e3", "true", "__proto__"]) {
      assertEquals(await run("commands/site.ts", ["add", id]), answered(`added: ${id}`));
    }
    assertEquals(
      (await db.query("select site_id from sites order by created_at")).map(({ site_id }) => site_id),
      ["007", "1e3", "true", "__proto__"],
    );
  },
);

commandTest(
  "site refuses what makes no sense, in words, and does nothing then",
  testDatabase,
  async (run, db) => {
    const long = "x".repeat(101);
    const wrong: [string[], string][] = [
      [[], "say add, set, list or remove"],
      [["delete", "shop"], 'say add, set, list or remove, not "delete"'],
      [["lsit"], 'say add, set, list or remove, not "lsit"'],
      [["lis"], 'say add, set, list or remove, not "lis" (did you mean list?)'],
      [["toString"], 'say add, set, list or remove, not "toString"'],
      [["constructor", "shop"], 'say add, set, list or remove, not "constructor"'],
      [["add"], "the site's id is missing"],
      [["add", ""], "the site's id is missing"],
      [["remove"], "the site's id is missing"],
      [["set", "shop"], "say what to set"],
      [["list", "shop"], '"shop" is too much'],
      [["list", "--timezone", "UTC"], "list sets nothing"],
      [["remove", "shop", "--redact", "none"], "remove sets nothing"],
      [["add", "my shop"], '"my shop" is no site id: give 1 to 100 characters without blanks'],
      [["add", long], `"${long}" is no site id: give 1 to 100 characters without blanks`],
      [["add", ".."], '".." is no site id: give a name such as example-com: browsers take dots out of a URL'],
      [["add", "sign-in"], '"sign-in" is no site id: this id is taken by a page of the dashboard'],
      [["add", "a/b"], '"a/b" is no site id: give an id without /, which means something else in a URL'],
      [["add", "a", "b"], '"b" is too much'],
      [["add", "shop", "--domian", "x"], "--domian is not known (did you mean --domain?)"],
      [["add", "shop", "--domain"], "--domain needs a value"],
      [
        ["add", "shop", "--redact", "-x"],
        '--redact needs a value, but "-x" looks like an option: a value with a dash before it is given as --redact=-x',
      ],
      [
        ["remove", "-5"],
        '"-5" looks like an option: a word with a dash before it is given after --, as -- -5',
      ],
    ];
    for (const [args, problem] of wrong) {
      assertEquals({ args, ...await run("commands/site.ts", args) }, { args, ...refused("site", problem) });
    }
    const impossible: [string[], string][] = [
      [
        ["--domain", "not a host"],
        'Cannot set --domain to "not a host": give a host name such as example.com',
      ],
      [
        ["--domain", "*.shop.example"],
        'Cannot set --domain to "*.shop.example": give a host name such as example.com',
      ],
      [
        ["--retention-days", "0"],
        'Cannot set --retention-days to "0": give a whole number of days from 1 to 36500, or default',
      ],
      [
        ["--retention-days", "-1"],
        'Cannot set --retention-days to "-1": give a whole number of days from 1 to 36500, or default',
      ],
      [
        ["--redact", "x".repeat(3_000)],
        `Cannot set --redact to "${
          "x".repeat(60)
        }… (3000 characters)": give the name of a field, such as customerNo: ` +
        "at most 100 letters, digits, blanks, and - _ . between them",
      ],
      [["--ip-mode", "half"], 'Cannot set --ip-mode to "half": give full, truncate, none or default'],
      [
        ["--exclude-ip", "none", "--exclude-ip", "10.0.0.1"],
        'Cannot set --exclude-ip to "none": give an address or a network, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/48',
      ],
      [
        ["--exclude-path", "/*"],
        'Cannot set --exclude-path to "/*": every page would be left out; give a path such as /admin/*',
      ],
      [["--trailing-slash", "Drop"], 'Cannot set --trailing-slash to "Drop": give keep or drop'],
      [["--index-html", "yes"], 'Cannot set --index-html to "yes": give keep or drop'],
      [
        ["--page-parameter", "?id="],
        'Cannot set --page-parameter to "?id=": give the name of a parameter, such as id, without ? and =, ' +
        "of at most 100 characters",
      ],
      [
        ["--page-parameter", "id", "--page-parameter", "token"],
        'Cannot set --page-parameter to "token": its values are redacted, so it tells no pages apart; give another parameter',
      ],
      [
        ["--timezone", "Europe/Atlantis"],
        "Cannot add shop: timezone Europe/Atlantis is unknown; give a name such as Europe/Berlin",
      ],
      [
        ["--timezone", "Berlin3"],
        "Cannot add shop: timezone Berlin3 is unknown; give a name such as Europe/Berlin",
      ],
      [
        ["--timezone", "'; drop table sites; --"],
        "Cannot add shop: timezone '; drop table sites; -- is unknown; give a name such as Europe/Berlin",
      ],
    ];
    for (const [args, problem] of impossible) {
      assertEquals({ args, ...await run("commands/site.ts", ["add", "shop", ...args]) }, {
        args,
        ...failed("site", problem),
      });
    }
    assertEquals(await db.query("select site_id from sites"), []);
  },
);
