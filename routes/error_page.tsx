import type { Context } from "hono";
import { accepts } from "hono/accepts";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { StatementTimeout } from "../db/database.ts";
import { ProblemPage, type Way } from "../web/dashboard/problem_page.tsx";
import { askedOf, basePathOf } from "./client.ts";
import { answerError } from "./errors.ts";
import { SIGN_IN } from "./guards.ts";
import { answerPage } from "./page.ts";
import { type FieldError, problem } from "./problem.ts";
import { BadParameters } from "./stats/parameters.ts";

/** Whether people look at this path: what goes wrong there is answered as a page. */
export function isPage(c: Context): boolean {
  return /^\/(dashboard|share)(\/|$)/.test(c.req.path);
}

/** The answer to a request of a page that failed. */
export function answerFailedPage(error: Error, c: Context): Promise<Response> {
  return problemPage(c, problemOf(error, c));
}

function problemOf(error: Error, c: Context): Response {
  if (error instanceof BadParameters) return problem(c, 400, error.message, error.errors);
  if (error instanceof StatementTimeout) {
    return problem(c, 504, "The answer took too long. Fewer days or filters are answered sooner");
  }
  return answerError(error, c);
}

const TITLES: Record<number, string> = {
  400: "This cannot be shown",
  401: "You are not signed in",
  403: "This is not yours to do",
  404: "There is nothing here",
  405: "This cannot be done here",
  413: "This is too large",
  429: "Too many attempts",
  500: "Something went wrong",
  503: "This could not be read just now",
  504: "This took too long",
};

/** The same problem as a page, with its status and headers; as it is for whoever would rather have JSON. */
export async function problemPage(c: Context, response: Response): Promise<Response> {
  const types = ["text/html", "application/problem+json", "application/json"];
  if (accepts(c, { header: "Accept", supports: types, default: "text/html" }) !== "text/html") {
    return response;
  }
  const { detail, errors = [] }: { detail: string; errors?: FieldError[] } = await response.json();
  for (const [name, value] of response.headers) {
    if (name !== "content-type") c.header(name, value);
  }
  const status = response.status as ContentfulStatusCode;
  return await answerPage(
    c,
    <ProblemPage
      base={basePathOf(c)}
      title={TITLES[status] ?? "This did not work"}
      problems={status === 401
        // What the problem says of headers is for programs.
        ? ["Your session has ended, or you have not signed in yet."]
        : errors.length > 0
        ? errors.map(({ message }) => message)
        : [detail]}
      ways={waysOn(c, status)}
    />,
    // It shows nothing of anybody; and what is embedded fails where it is embedded.
    { status, frameAncestors: c.req.path.startsWith("/share/") ? ["*"] : [] },
  );
}

/** Where somebody may go on who stands before a problem of this status. */
function waysOn(c: Context, status: number): Way[] {
  const { pathname, search } = askedOf(c);
  const [, ...places] = pathname.split("/");
  const sites = { href: "/dashboard", label: "All sites" };
  const again = { href: c.req.method === "GET" ? pathname + search : pathname, label: "Try again" };
  if (status === 401) return [{ href: `${SIGN_IN}?next=${encodeURIComponent(pathname)}`, label: "Sign in" }];
  if (status === 400) return [{ href: pathname, label: "Back" }];
  if (status >= 500 || status === 429) {
    return search === "" ? [again] : [again, { href: pathname, label: "Without what was chosen" }];
  }
  if (places[0] === "share") return [];
  return places.length > 2
    ? [{ href: `/dashboard/${places[1]}`, label: "The overview of this site" }, sites]
    : [sites];
}
