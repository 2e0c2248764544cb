/** What stands in a redacted value's place. */
export const REDACTED = "[redacted]";

// Names whose value is a secret or identifies a person's money, as whole words of the name (`card_cvc`, `newPin`).
const SECRET_WORDS = new Set(
  "pass pwd passwd passcode passphrase secret token cvv cvc csc cvn cvv2 cvc2 ssn pin otp iban jwt apikey creditcard cardnumber ccnumber ccnum"
    .split(" "),
);
// … and as parts of a name that is written together or in several words (`userpassword2`, `credit-card-number`).
const SECRET_PARTS =
  /password|passwort|creditcard|cardnumber|cardno|ccnum|cardcvc|securitycode|socialsecurity|accountnumber|privatekey|apikey|accesskey|(?:access|auth|session|refresh)token/;

/** Whether a field of this name must never be kept. */
export type SecretName = (name: string) => boolean;

// Fields have few names, and each event the same ones. Forgotten all at once when it is full: to keep an
// order of use would cost each of an event's fields more than the look.
const MAX_JUDGED = 5_000;
const LONGEST_JUDGED = 100;

function remembering(judge: SecretName): SecretName {
  const judged = new Map<string, boolean>();
  return (name) => {
    if (name.length > LONGEST_JUDGED) return judge(name);
    let isSecret = judged.get(name);
    if (isSecret === undefined) {
      isSecret = judge(name);
      if (judged.size >= MAX_JUDGED) judged.clear();
      judged.set(name, isSecret);
    }
    return isSecret;
  };
}

/** {@linkcode SecretName} by the names that are secret everywhere. */
export const isSecretName: SecretName = remembering(judgeName);

/**
 * {@linkcode isSecretName} with further names, matched as the built-in ones are: in any case, one word as a whole word of a
 * field's name (`iban`: `customerIban`), several words also as a part of it (`customer no`: `billing_customerNo2`).
 */
export function secretNames(further: readonly string[]): SecretName {
  if (further.length === 0) return isSecretName;
  const names = further.map(wordsOf);
  const words = new Set(names.filter(({ length }) => length === 1).flat());
  const parts = names.filter(({ length }) => length > 1).map((name) => name.join(""));
  return remembering((name) => {
    if (isSecretName(name)) return true;
    const said = wordsOf(name);
    const together = said.join("");
    return said.some((word) => words.has(word)) || parts.some((part) => together.includes(part));
  });
}

/**
 * The words of a name in small letters: `billing_customerNo` are `billing`, `customer`, `no`. However a letter is written: of one
 * character or of several (Unicode's NFKC), and `GRÖSSE` is `größe`.
 */
export function wordsOf(name: string): string[] {
  return name.normalize("NFKC").replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2").toUpperCase().toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u).filter((word) => word !== "");
}

function judgeName(name: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z0-9]+/);
  return words.some((word) => SECRET_WORDS.has(word)) || SECRET_PARTS.test(words.join(""));
}

// 13 to 19 digits from an issuer's range (2221–2720 and 3–6), alone or in groups.
const CARD = /(?<![\d.])(?:2[2-7]|[3-6]\d)(?:[ -]?\d){11,17}(?!\d)/g;
// Area 000, 666 and 9xx, group 00 and serial 0000 were never issued.
const SSN = /(?<!\d)(?!000|666|9\d\d)\d{3}([- ])(?!00)\d\d\1(?!0000)\d{4}(?!\d)/g;

// The shorter of the two: a social security number with its separators.
const SHORTEST_NUMBER = 11;

/** The text without payment card numbers (that pass Luhn) and US social security numbers. */
export function redactText(text: string): string {
  if (text.length < SHORTEST_NUMBER || !/\d{2}/.test(text)) return text;
  return text
    .replace(CARD, (match) => passesLuhn(match.replace(/\D/g, "")) ? REDACTED : match)
    .replace(SSN, REDACTED);
}

/** ISO/IEC 7812-1: from the right, every second digit doubled, the sum of the digits divisible by ten. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    sum += i % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0);
  }
  return sum % 10 === 0;
}

/**
 * A form's fields without secrets: by the field's name the whole value, by shape the part of it. Nested objects and
 * lists are followed; numbers are judged as they are written.
 */
export function redactFields(value: unknown, name = "", isSecret: SecretName = isSecretName): unknown {
  if (value !== null && value !== undefined && value !== "" && isSecret(name)) return REDACTED;
  if (typeof value === "string") return redactText(value);
  if (typeof value === "number") return redactNumber(value);
  if (Array.isArray(value)) return mapFields(value, (item) => redactFields(item, "", isSecret));
  if (value !== null && typeof value === "object") {
    // Some trackers list fields as {name, value}.
    const label = (value as { name?: unknown }).name;
    return mapFields(
      value,
      (field, key) =>
        redactFields(field, key === "value" && typeof label === "string" ? label : key, isSecret),
    );
  }
  return value;
}

function redactNumber(value: number): number | string {
  // A position, a size, a duration: nothing that would have to be written out to be judged.
  if (Number.isInteger(value) && value > -1e9 && value < 1e9) return value;
  const text = String(value);
  return redactText(text) === text ? value : REDACTED;
}

/**
 * The object (or list) with `change` made to each of its fields; where that changes nothing, as it mostly does, the
 * object itself.
 */
export function mapFields<T extends object>(object: T, change: (field: unknown, name: string) => unknown): T {
  let changed: T | undefined;
  for (const name of Object.keys(object)) {
    const field = (object as Record<string, unknown>)[name];
    const value = change(field, name);
    if (value === field) continue;
    changed ??= (Array.isArray(object) ? [...object] : { ...object }) as T;
    // Not by assignment: that of __proto__ would set the prototype.
    Object.defineProperty(changed, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return changed ?? object;
}

// Parameters of links in mails, of logins and of payments: who holds the link holds the account or knows the person.
const SECRET_PARAMETERS = new Set(
  "access_token id_token refresh_token auth auth_token authorization key api_key sig signature session session_id sessionid sid phpsessid jsessionid reset_token email e-mail mail phone tel"
    .split(" "),
);
const PARAMETER = /([?&#;])([^=&#;?]+)=([^&#;]*)/g;
// `/shop;jsessionid=…/cart?…`: before the query, a value ends with its segment.
const PATH_PARAMETER = /([&;])([^=&;/]+)=([^&;/]*)/g;
// A JSON Web Token: two or three parts in base64url, of which the first two are JSON objects.
const TOKEN = /^eyJ[\w-]+\.eyJ[\w-]+(\.[\w-]*)?$/;
const EMAIL = /^[^@\s]+@[^@\s]+\.[a-z]{2,}$/i;
// No address, token, number of a card or a person, and no URL: most values are of this kind.
const HARMLESS = /^[A-Za-z_-]*\d{0,4}$/;
// A URL as a parameter of a URL has parameters, too; further down nobody looks.
const NESTED_URLS = 3;

/** The URL (or the query, or the fragment of one) without the values of tell-tale parameters, and without userinfo. */
export function redactUrl(url: string, isSecret: SecretName = isSecretName): string {
  if (!/[@?&#;]/.test(url)) return url;
  return redactParameters(url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1"), NESTED_URLS, isSecret);
}

/** Whether a parameter of a URL must not be kept, by its name or by what it holds. Both as the URL has them. */
export function isSecretParameter(
  name: string,
  value: string,
  isSecret: SecretName = isSecretName,
  nestedUrls = NESTED_URLS,
): boolean {
  const plainName = decode(name);
  if (SECRET_PARAMETERS.has(plainName.toLowerCase()) || isSecret(plainName)) return true;
  if (HARMLESS.test(value)) return false;
  const plain = decode(value);
  return EMAIL.test(value.replaceAll("%40", "@")) || TOKEN.test(value) || redactText(plain) !== plain ||
    nestedUrls > 0 && redactParameters(plain, nestedUrls - 1, isSecret) !== plain;
}

function redactParameters(url: string, nestedUrls: number, isSecret: SecretName): string {
  const redact = (whole: string, mark: string, name: string, value: string) =>
    value !== "" && isSecretParameter(name, value, isSecret, nestedUrls) ? `${mark}${name}=redacted` : whole;
  const path = /^[^?#]*/.exec(url)![0];
  return path.replace(PATH_PARAMETER, redact) + url.slice(path.length).replace(PARAMETER, redact);
}

function decode(text: string): string {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text; // not percent-encoding after all: judged as it stands
  }
}
