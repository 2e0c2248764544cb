import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import { createShareLink, listShareLinks, revokeShareLink, type ShareLink } from "../db/share_links.ts";
import { NAME, NO_STORE } from "./api_keys.ts";
import { publicUrl } from "./client.ts";
import type { Guards } from "./guards.ts";
import { jsonBody } from "./json_body.ts";
import { hashPassword } from "./password.ts";
import { problem } from "./problem.ts";
import type { ReaderEnv } from "./readers.ts";

const NEW_LINK = z.strictObject({
  name: NAME.default(""),
  password: z.string().min(8).max(200).nullable().default(null),
  embedOrigins: z.array(z.string().refine(isOrigin, "give an origin, such as https://www.example.com")).max(
    20,
  )
    .default([]),
}).refine(({ password, embedOrigins }) => password === null || embedOrigins.length === 0, {
  path: ["password"],
  // See routes/share.tsx.
  message: "a link that other pages embed cannot ask for a password: make one link for each",
});

/** `/api/v1/sites/{site}/share-links`: who may look at a site without a key; for the admin and keys of scope write. */
export function shareLinkRoutes(
  db: Database,
  { writeSite }: Pick<Guards, "writeSite">,
  trustProxy: number,
): Hono<ReaderEnv> {
  const app = new Hono<ReaderEnv>();
  const path = "/api/v1/sites/:site/share-links" as const;
  app.post(path, writeSite, async (c) => {
    const { name, password, embedOrigins } = await jsonBody(c, NEW_LINK);
    const passwordHash = password === null ? null : await hashPassword(password);
    const link = await createShareLink(db, { siteId: c.req.param("site"), name, passwordHash, embedOrigins });
    return c.json(describe(c, link), 201, NO_STORE);
  });
  app.get(path, writeSite, async (c) => {
    const links = await listShareLinks(db, c.req.param("site"));
    return c.json({ shareLinks: links.map((link) => describe(c, link)) }, 200, NO_STORE);
  });
  app.delete(`${path}/:id{[0-9]{1,15}}`, writeSite, async (c) => {
    const { site, id } = c.req.param();
    if (await revokeShareLink(db, site!, Number(id))) return c.body(null, 204);
    return problem(c, 404, `Site ${site} has no share link ${id} in force`);
  });

  /** What its owner sees: not what the cookies are signed with, and of the password only whether there is one. */
  function describe(c: Context, { passwordHash, cookieKey: _, slug, ...link }: ShareLink): object {
    return {
      ...link,
      url: `${publicUrl(c, trustProxy)}/share/${slug}`,
      hasPassword: passwordHash !== null,
    };
  }
  return app;
}

/** Exactly an origin: it ends up in a header, among others. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") && url.origin === text;
}
