import type { MiddlewareHandler } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { HTTPException } from "hono/http-exception";

/** Lets only requests with `Authorization: Bearer ADMIN_TOKEN` through; compares in constant time. */
export function requireAdmin(token: string): MiddlewareHandler {
  const check = bearerAuth({ token });
  return async (c, next) => {
    try {
      return await check(c, next);
    } catch (error) {
      if (!(error instanceof HTTPException)) throw error;
      // One answer for no, a malformed and a wrong token: 401, with what would be right.
      throw new HTTPException(401, {
        message: "Send the admin token: Authorization: Bearer ADMIN_TOKEN",
        res: new Response(null, { status: 401, headers: { "www-authenticate": 'Bearer realm="footfall"' } }),
      });
    }
  };
}
