import { Hono } from "hono";
import type { Database } from "../db/database.ts";
import type { AdminToken } from "./admin_token.ts";
import { apiKeyRoutes } from "./api_keys.ts";
import { createGuards, type Guards } from "./guards.ts";
import { type ReaderEnv, Readers } from "./readers.ts";
import { Sessions } from "./session.ts";
import { shareRoutes, type SiteView } from "./share.tsx";
import { shareLinkRoutes } from "./share_links.ts";
import { signInRoutes } from "./sign_in.tsx";

export interface AccessOptions {
  adminToken: string;
  trustProxy: number;
}

/**
 * Who may look: signing in, API keys, share links, and the guards that stand before every route which shows figures.
 *
 * @param view what a share link opens in a frame
 */
export function createAccess(
  db: Database,
  token: AdminToken,
  view: SiteView,
  { adminToken, trustProxy }: AccessOptions,
): { routes: Hono<ReaderEnv>; guards: Guards } {
  const sessions = new Sessions(adminToken, trustProxy);
  const guards = createGuards(new Readers(db, token, sessions, trustProxy));
  const routes = new Hono<ReaderEnv>();
  routes.route("/", signInRoutes(token, sessions, trustProxy));
  routes.route("/", apiKeyRoutes(db, guards));
  routes.route("/", shareLinkRoutes(db, guards, trustProxy));
  routes.route("/", shareRoutes(db, view, trustProxy));
  return { routes, guards };
}
