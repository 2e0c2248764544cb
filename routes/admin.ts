import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { type AdminToken, bearerOf } from "./admin_token.ts";
import type { Connection } from "./services.ts";

/** Lets only requests with `Authorization: Bearer ADMIN_TOKEN` through: no cookie, so no page can ask for these. */
export function requireAdmin(token: AdminToken): MiddlewareHandler<Connection> {
  return async (c, next) => {
    const bearer = bearerOf(c);
    if (!bearer || !token.check(c, bearer)) {
      throw unauthorized("Send the admin token: Authorization: Bearer ADMIN_TOKEN");
    }
    await next();
  };
}

/** One answer for no, a malformed and a wrong secret: 401, with what would be right. */
export function unauthorized(message: string): HTTPException {
  return new HTTPException(401, {
    message,
    res: new Response(null, { status: 401, headers: { "www-authenticate": 'Bearer realm="footfall"' } }),
  });
}
