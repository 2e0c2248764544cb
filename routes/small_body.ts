import type { Context } from "hono";
import { readBody } from "./body.ts";
import { BodyBudget } from "./body_budget.ts";

// A password, an address, a list of origins: nothing sent here is longer.
const LIMITS = { maxBytes: 16 * 1024, patience: 10_000 };
const bodies = new BodyBudget();

/** The body of a small request as text. @throws {BodyRefused | BodiesFull} */
export async function smallBody(c: Context): Promise<string> {
  using room = bodies.open(undefined);
  return await readBody(c.req.raw, LIMITS, room);
}

/** The fields of a form that a page sent. @throws {BodyRefused | BodiesFull} */
export async function formOf(c: Context): Promise<URLSearchParams> {
  return new URLSearchParams(await smallBody(c));
}
