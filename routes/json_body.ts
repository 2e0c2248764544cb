import type { Context } from "hono";
import type { z } from "zod";
import type { FieldError } from "./problem.ts";
import { smallBody } from "./small_body.ts";

/** A body that is no JSON, or not as it should be. */
export class InvalidBody extends Error {
  override name = "InvalidBody";
  constructor(message: string, readonly errors?: FieldError[]) {
    super(message);
  }
}

/** The body of a small request, as the schema makes it. @throws {InvalidBody | BodyRefused | BodiesFull} */
export async function jsonBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(parseJson(await smallBody(c)));
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new InvalidBody(
    errors.map(({ path, message }) => path ? `${path}: ${message}` : message).join("; "),
    errors,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidBody(`The body is no JSON: ${(error as Error).message}`);
  }
}
