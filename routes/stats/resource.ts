import { OpenAPIHono, type z } from "@hono/zod-openapi";
import type { ReaderEnv } from "../readers.ts";
import { BadParameters } from "./parameters.ts";
import { Problem } from "./schemas.ts";
import { isolated } from "../../web/dashboard/bidi.tsx";

/** The routes of one resource. */
export type Resource = OpenAPIHono<ReaderEnv>;

/** Routes whose parameters are checked: those that do not fit become {@linkcode BadParameters}. */
export function newResource(): Resource {
  return new OpenAPIHono<ReaderEnv>({
    defaultHook: (result) => {
      if (!result.success) throw new BadParameters(result.error.issues.flatMap(fieldErrors));
    },
  });
}

function fieldErrors(issue: z.core.$ZodIssue): { path: string; message: string }[] {
  if (issue.code !== "unrecognized_keys") return [{ path: issue.path.join("."), message: issue.message }];
  return issue.keys.map((key) => ({ path: key, message: `there is no parameter ${isolated(key)} here` }));
}

/** What a route needs: the admin token, or an API key. */
export const TOKEN = [{ token: [] as string[] }];

/** A problem that a route may answer. */
export const refusal = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: Problem } },
});

export const PROBLEMS = {
  400: refusal("A parameter cannot be answered"),
  401: refusal("No token and no key, or a wrong one"),
  404: refusal("There is no such site, or the key is another's"),
  503: refusal("The database is not available"),
  504: refusal("It took longer than it may"),
};

/** The answers of a route: JSON, or what went wrong. */
export function answers<T extends z.ZodType>(schema: T) {
  return { 200: { description: "The answer", content: { "application/json": { schema } } }, ...PROBLEMS };
}

/** The answers of a route whose list can be had as CSV, too. */
export function listAnswers<T extends z.ZodType>(schema: T) {
  const content = { "application/json": { schema }, "text/csv": { schema: { type: "string" as const } } };
  return { 200: { description: "The answer", content }, ...PROBLEMS };
}
