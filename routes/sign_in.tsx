import { type Context, Hono } from "hono";
import { SignInPage } from "../web/dashboard/sign_in_page.tsx";
import type { AdminToken } from "./admin_token.ts";
import { Attempts } from "./attempts.ts";
import { basePathOf, redirect } from "./client.ts";
import { SIGN_IN } from "./guards.ts";
import { localPath } from "./local_path.ts";
import { answerPage } from "./page.ts";
import { TooFast } from "./rate_limits.ts";
import { requireSameOrigin } from "./same_origin.ts";
import type { Connection } from "./services.ts";
import type { Sessions } from "./session.ts";
import { formOf } from "./small_body.ts";

// Of everybody together, whatever their address. Who has the token is kept out by it, too, but only from this form:
// programs, which send the token in a header, are not.
const OVERALL = { burst: 100, seconds: 1 };

/** `/dashboard/sign-in` and `/dashboard/sign-out`: the admin's session, by a form that needs no script. */
export function signInRoutes(token: AdminToken, sessions: Sessions, trustProxy: number): Hono<Connection> {
  const app = new Hono<Connection>();
  const overall = new Attempts(OVERALL);

  app.get(SIGN_IN, async (c) => {
    const next = nextOf(c.req.query("next"));
    if (await sessions.isOpen(c)) return redirect(c, next);
    return answerPage(c, <SignInPage base={basePathOf(c)} next={next} />);
  });
  app.post(SIGN_IN, async (c) => {
    requireSameOrigin(c, trustProxy);
    const form = await formOf(c);
    const next = nextOf(form.get("next"));
    try {
      if (token.check(c, form.get("token") ?? "", overall)) {
        await sessions.begin(c);
        return redirect(c, next, 303);
      }
      return answerPage(
        c,
        <SignInPage base={basePathOf(c)} next={next} error="This is not the admin token." />,
        { status: 403 },
      );
    } catch (error) {
      if (!(error instanceof TooFast)) throw error;
      return refuseFor(c, error, next);
    }
  });
  app.post("/dashboard/sign-out", (c) => {
    requireSameOrigin(c, trustProxy);
    sessions.end(c);
    return redirect(c, SIGN_IN, 303);
  });
  return app;
}

function nextOf(path: string | null | undefined): string {
  return localPath(path, "/dashboard");
}

function refuseFor(c: Context, { retryAfterSeconds }: TooFast, next: string): Response | Promise<Response> {
  c.header("retry-after", String(retryAfterSeconds));
  const error = `Too many wrong attempts: try again in ${retryAfterSeconds} s.`;
  return answerPage(c, <SignInPage base={basePathOf(c)} next={next} error={error} />, { status: 429 });
}
