/** Log levels, quietest last. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = typeof LOG_LEVELS[number];

let threshold: number = LOG_LEVELS.indexOf("info");

/** Records below `level` are dropped from now on. */
export function setLogLevel(level: LogLevel): void {
  threshold = LOG_LEVELS.indexOf(level);
}

// Names of fields whose value must never reach a log, and the password of a URL.
const SECRET_NAME = /token|secret|password|authorization|cookie|salt/i;
const URL_PASSWORD = /(\w+:\/\/[^:@/\s]*):[^/\s]*@/g;

function withoutSecrets(name: string, value: unknown): unknown {
  if (SECRET_NAME.test(name)) return "[redacted]";
  if (value instanceof Error) {
    const code = (value as { code?: unknown }).code;
    return {
      name: value.name,
      message: withoutSecrets("", value.message),
      ...(code === undefined ? {} : { code }),
      ...(value.cause === undefined ? {} : { cause: withoutSecrets("cause", value.cause) }),
    };
  }
  if (typeof value === "string") return value.replace(URL_PASSWORD, "$1:[redacted]@");
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

/** Prints why a command failed, for a person at a terminal. */
export function printError(text: string): void {
  // deno-lint-ignore no-console
  console.error(text);
}
