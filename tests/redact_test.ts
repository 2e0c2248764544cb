import { assertEquals } from "@std/assert";
import { isSecretName, redactFields, redactText, redactUrl, secretNames } from "../events/redact.ts";

const TEXTS: [string, string, string][] = [
  ["Visa in one piece", "pay 4111111111111111 now", "pay [redacted] now"],
  ["Visa in groups", "4111 1111 1111 1111", "[redacted]"],
  ["Mastercard with hyphens", "5555-5555-5555-4444", "[redacted]"],
  ["Mastercard of the newer range", "2223003122003222", "[redacted]"],
  ["American Express in its groups", "3782 822463 10005", "[redacted]"],
  ["Diners of 14 digits", "30569309025904", "[redacted]"],
  ["Maestro of 13 digits and of 19", "4222222222222 6759649826438453123", "[redacted] 6759649826438453123"],
  ["UnionPay of 19 digits", "6212341111111111116", "[redacted]"],
  ["two cards", "4111111111111111,5555555555554444", "[redacted],[redacted]"],
  ["a number that fails Luhn", "4111111111111112", "4111111111111112"],
  ["a card within a longer number", "41111111111111110000", "41111111111111110000"],
  ["a time in milliseconds", "1763798400000", "1763798400000"],
  ["a decimal", "0.4111111111111111", "0.4111111111111111"],
  ["a phone number", "+49 30 901820", "+49 30 901820"],
  ["a social security number", "it is 123-45-6789.", "it is [redacted]."],
  ["a social security number with blanks", "123 45 6789", "[redacted]"],
  [
    "numbers that were never issued",
    "000-45-6789 666-45-6789 900-45-6789 123-00-6789 123-45-0000",
    "000-45-6789 666-45-6789 900-45-6789 123-00-6789 123-45-0000",
  ],
  ["a mixture of separators", "123-45 6789", "123-45 6789"],
  ["a date", "2026-11-22", "2026-11-22"],
  ["a text without digits", "Grüße", "Grüße"],
];

for (const [title, text, expected] of TEXTS) {
  Deno.test(`redact a text: ${title}`, () => {
    assertEquals(redactText(text), expected);
  });
}

const SECRET_NAMES = [
  "password",
  "Password2",
  "userPassword",
  "new_password_confirmation",
  "user[password]",
  "passwd",
  "pwd",
  "pass",
  "secret",
  "client_secret",
  "csrf-token",
  "accessToken",
  "accesstoken",
  "apiKey",
  "api_key",
  "cvv",
  "card.cvc",
  "cardCvc",
  "cc-number",
  "card_number",
  "cardnumber",
  "creditCard",
  "credit-card-number",
  "ssn",
  "social_security_number",
  "accountNumber",
  "iban",
  "pin",
  "newPin",
  "otp",
  "securityCode",
  "Passwort",
];
const PLAIN_NAMES = [
  "name",
  "email",
  "shipping",
  "spinner",
  "compass",
  "passenger",
  "bypass",
  "opinion",
  "discard",
  "lesson",
  "quantity",
  "message",
  "",
  "__proto__",
];

Deno.test("redact a form: names of secrets", () => {
  assertEquals(SECRET_NAMES.filter((name) => !isSecretName(name)), []);
});

Deno.test("redact a form: names that only look like it", () => {
  assertEquals(PLAIN_NAMES.filter(isSecretName), []);
});

const FIELDS: [string, unknown, unknown][] = [
  [
    "the values of secret names go, whatever their type",
    { password: "hunter2", pin: 1234, otp: ["1", "2"], token: { a: 1 }, cvv: 0, secret: false },
    {
      password: "[redacted]",
      pin: "[redacted]",
      otp: "[redacted]",
      token: "[redacted]",
      cvv: "[redacted]",
      secret: "[redacted]",
    },
  ],
  [
    "what was left empty stays empty: it tells that the field was left empty",
    { password: "", pin: null },
    { password: "", pin: null },
  ],
  [
    "card and social security numbers go from any field, also as numbers",
    { comment: "4111 1111 1111 1111, 123-45-6789", amount: 4111111111111111, price: 12.5, count: 3 },
    { comment: "[redacted], [redacted]", amount: "[redacted]", price: 12.5, count: 3 },
  ],
  [
    "nested objects and lists are followed",
    { formData: { user: [{ password: "x", name: "Ada" }, ["4111111111111111"]] } },
    { formData: { user: [{ password: "[redacted]", name: "Ada" }, ["[redacted]"]] } },
  ],
  [
    "fields as a list of names and values",
    [{ name: "card_number", value: "4000" }, { name: "city", value: "Bonn" }, { name: 5, value: "x" }],
    [{ name: "card_number", value: "[redacted]" }, { name: "city", value: "Bonn" }, { name: 5, value: "x" }],
  ],
  ["what is no object", "4111111111111111", "[redacted]"],
  ["nothing", null, null],
];

for (const [title, value, expected] of FIELDS) {
  Deno.test(`redact a form: ${title}`, () => {
    assertEquals(redactFields(value), expected);
  });
}

Deno.test("redact a form: a field called __proto__ stays a field", () => {
  const redacted = redactFields(JSON.parse('{"__proto__":{"password":"x"},"a":1}'));

  assertEquals(JSON.stringify(redacted), '{"__proto__":{"password":"[redacted]"},"a":1}');
});

const URLS: [string, string, string][] = [
  ["nothing to hide", "https://example.com/a?b=c&d#e", "https://example.com/a?b=c&d#e"],
  [
    "campaign parameters stay",
    "/?utm_source=google&gclid=Cj0K&page=2",
    "/?utm_source=google&gclid=Cj0K&page=2",
  ],
  [
    "tell-tale names in any case",
    "/?Token=a&ACCESS_TOKEN=b&sid=c&Key=d&e=f",
    "/?Token=redacted&ACCESS_TOKEN=redacted&sid=redacted&Key=redacted&e=f",
  ],
  [
    "percent-encoded names",
    "/?%74oken=a&p%61ssword=b&user%5Bpassword%5D=c&reset%5Ftoken=d",
    "/?%74oken=redacted&p%61ssword=redacted&user%5Bpassword%5D=redacted&reset%5Ftoken=redacted",
  ],
  ["names that are no percent-encoding", "/?%zztoken=a&%=b", "/?%zztoken=a&%=b"],
  ["an empty value has nothing to hide", "/?token=&key", "/?token=&key"],
  ["a value with further equals signs", "/?token=a=b==&c=d", "/?token=redacted&c=d"],
  ["a name twice", "/?token=a&token=b", "/?token=redacted&token=redacted"],
  [
    "tokens in a fragment",
    "https://example.com/cb#access_token=a&expires_in=3600&id_token=b",
    "https://example.com/cb#access_token=redacted&expires_in=3600&id_token=redacted",
  ],
  ["a query within a fragment", "/#/reset?token=a&x=1", "/#/reset?token=redacted&x=1"],
  ["a session in the path", "/shop;jsessionid=ABC?x=1", "/shop;jsessionid=redacted?x=1"],
  [
    "a session in a segment of the path",
    "/shop;jsessionid=A;v=1/cart;sid=B/x",
    "/shop;jsessionid=redacted;v=1/cart;sid=redacted/x",
  ],
  ["parameters between semicolons", "/?a=b;token=c", "/?a=b;token=redacted"],
  [
    "email addresses, under any name",
    "/?who=ada@example.com&x=ada%40example.com&y=ada+b%40example.co.uk&at=@home",
    "/?who=redacted&x=redacted&y=redacted&at=@home",
  ],
  [
    "card and social security numbers, under any name",
    "/?q=4111111111111111&r=4111+1111+1111+1111&s=123-45-6789",
    "/?q=redacted&r=redacted&s=redacted",
  ],
  [
    "a user and a password before the host",
    "https://ada:hunter2@example.com/?a=b",
    "https://example.com/?a=b",
  ],
  ["a password with an at sign", "https://ada:hun@ter2@example.com/", "https://example.com/"],
  ["an at sign in the path is no user", "https://example.com/@ada", "https://example.com/@ada"],
  [
    "a URL in a parameter, with its token",
    "/login?next=https%3A%2F%2Fexample.com%2F%3Ftoken%3Dabc&x=1",
    "/login?next=redacted&x=1",
  ],
  ["a URL in a parameter, not even encoded", "/login?next=/reset?token=abc", "/login?next=redacted"],
  ["a URL in a parameter without secrets", "/login?next=%2Fa%3Fb%3Dc", "/login?next=%2Fa%3Fb%3Dc"],
  ["a URL in a URL in a URL", "/?a=%3Fb%3D%253Ftoken%253Dx", "/?a=redacted"],
  ["a query alone", "?token=a", "?token=redacted"],
  ["a fragment alone", "#token=a", "#token=redacted"],
  ["nothing", "", ""],
];

for (const [title, url, expected] of URLS) {
  Deno.test(`redact a URL: ${title}`, () => {
    assertEquals(redactUrl(url), expected);
    // What is stored may come by here again, from the tracker or from a replay.
    assertEquals(redactUrl(expected), expected);
  });
}

// As much as a body of 256 KiB holds, of what makes patterns backtrack.
for (const part of ["%40", "a@", ".a", "?a=", "&", "?", "a=", "%3Fa%3D", "4111-", "4 ", "123-45-"]) {
  Deno.test(`redact a URL: 256 KiB of ${part} take no time that matters`, () => {
    const url = `https://example.com/?a=${part.repeat(262_144 / part.length)}`;
    const started = performance.now();

    redactUrl(url);

    // Tens of milliseconds where every pattern is linear; half a minute where one is not.
    assertEquals(performance.now() - started < 5_000, true);
  });
}

Deno.test("a site's own names are matched as the built-in ones are: by case, word and part", () => {
  const isSecret = secretNames(["kdnr2", "Customer-No", "Größe", "pläneA"]);
  const secret =
    "kdnr2 KDNR2 customer_kdnr2 mainKdnr2 customerNo CUSTOMER_NO billing-customer-no2 mycustomernos größe GRÖSSE gro\u0308ße pläne_a password userPin"
      .split(" ");
  const plain = "kdnr kdnr22 customer no customer_x_no gr grosse pläne kdnr2s page".split(" ");
  assertEquals([...secret, ...plain].filter(isSecret), secret);
  assertEquals([...secret, ...plain].filter(isSecretName), ["password", "userPin"]);
});

Deno.test("a site without names of its own is judged by the built-in ones themselves", () => {
  assertEquals(secretNames([]), isSecretName);
});
