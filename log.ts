/** Log levels, quietest last. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = typeof LOG_LEVELS[number];

let threshold: number = LOG_LEVELS.indexOf("info");

/** Records below `level` are dropped from now on. */
export function setLogLevel(level: LogLevel): void {
  threshold = LOG_LEVELS.indexOf(level);
}

// Names of fields whose value must never reach a log.
const SECRET_NAME = /token|secret|password|authorization|cookie|salt/i;
const REDACTED = "[redacted]";
// What others wrote may hold secrets: drivers repeat a part of what they were given. Each is linear, also on hostile text.
const SECRETS_IN_TEXT: [pattern: RegExp, replacement: string][] = [
  // Of a database; where its password is not percent-encoded it may contain anything.
  // What a message advises, postgres://USER:PASSWORD@…, is none.
  [/(postgres(?:ql)?:\/\/[^:@/\s]*):(?!PASSWORD@)\S{0,1000}@/gi, `$1:${REDACTED}@`],
  [/(:\/\/[^:@/\s]*):(?!PASSWORD@)[^/\s]*@/g, `$1:${REDACTED}@`],
  [/((?:password|passwd|pwd|secret|token)=)(?!\[redacted])(?:"[^"]*"|'[^']*'|[^\s&"']+)/gi, `$1${REDACTED}`],
  [/\b(bearer )[\w.~+/-]{8,}=*/gi, `$1${REDACTED}`],
  // API keys.
  [/\bff_[\w-]{20,}/g, REDACTED],
];
// As long as a token is at least. Shorter ones are words that are in many lines.
const SHORTEST_SECRET = 8;
let ownSecrets: string[] = [];

/** From now on these values are left out of every record and of what {@linkcode printError} prints; short ones are not. */
export function hideSecrets(values: readonly string[]): void {
  ownSecrets = values.filter((value) => value.length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length);
}

/** The text without passwords, tokens and keys, as far as they can be told. */
export function redact(text: string): string {
  const known = ownSecrets.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
  return SECRETS_IN_TEXT.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), known);
}

function withoutSecrets(name: string, value: unknown): unknown {
  if (SECRET_NAME.test(name)) return REDACTED;
  if (value instanceof Error) {
    const code = (value as { code?: unknown }).code;
    return {
      name: value.name,
      message: withoutSecrets("", value.message),
      ...(code === undefined ? {} : { code }),
      ...(value.cause === undefined ? {} : { cause: withoutSecrets("cause", value.cause) }),
    };
  }
  if (typeof value === "string") return redact(value);
  if (typeof value === "bigint") return String(value);
  return value;
}

function write(level: LogLevel, message: string, fields: Record<string, unknown>): void {
  if (LOG_LEVELS.indexOf(level) < threshold) return;
  const record = { time: new Date().toISOString(), level, message, ...fields };
  const line = JSON.stringify(record, withoutSecrets);
  // Warnings and errors go to stderr, where hosts look for them.
  // deno-lint-ignore no-console
  (level === "warn" || level === "error" ? console.error : console.log)(line);
}

/** One JSON line a record: `time`, `level`, `message`, then the fields. Secrets are redacted by field name. */
export const log = {
  debug: (message: string, fields: Record<string, unknown> = {}) => write("debug", message, fields),
  info: (message: string, fields: Record<string, unknown> = {}) => write("info", message, fields),
  warn: (message: string, fields: Record<string, unknown> = {}) => write("warn", message, fields),
  error: (message: string, fields: Record<string, unknown> = {}) => write("error", message, fields),
};

/** Prints text for a person at a terminal: what a command answers. */
export function print(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}

/** Prints why a command failed, for a person at a terminal, without secrets. */
export function printError(text: string): void {
  // deno-lint-ignore no-console
  console.error(redact(text));
}
