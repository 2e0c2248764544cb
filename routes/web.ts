import { Hono } from "hono";
import { homePage } from "../web/home.ts";
import type { WebAssets } from "../web/assets.ts";
import { basePathOf, publicUrl, redirect } from "./client.ts";
import type { AppOptions, Connection } from "./services.ts";
import { VERSION } from "../version.ts";

// A day without asking; afterwards, and for a week while a new one is fetched, the old one serves.
const TRACKER_CACHE = "public, max-age=86400, stale-while-revalidate=604800";

/** `GET /`, `/tracking.js`, `/assets/` and, in `dev`, the demo site. */
export function webRoutes(
  assets: WebAssets,
  { dev, trackerPaths, trustProxy }: Pick<AppOptions, "dev" | "trackerPaths" | "trustProxy">,
): Hono<Connection> {
  const app = new Hono<Connection>();
  app.get("/", (c) => {
    const page = homePage({
      url: publicUrl(c, trustProxy),
      version: VERSION,
      dev,
      links: homeLinks(dev).map((link) => ({ ...link, href: basePathOf(c) + link.href })),
    });
    return c.html(page, 200, {
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
      "cache-control": "no-store",
    });
  });
  // Browsers ask for it on every page; without an answer each would log an error.
  app.get("/favicon.ico", (c) => c.body(null, 204, { "cache-control": "public, max-age=86400" }));
  app.get("/demo", (c) => dev ? redirect(c, "/demo/") : c.notFound());
  for (const path of assets.paths) {
    const isDemo = path.startsWith("/demo/");
    if (isDemo && !dev) continue;
    // What belongs to a page of this host is as new as the page.
    const isPage = isDemo || path.startsWith("/assets/");
    app.on("GET", path === "/tracking.js" ? [path, ...trackerPaths] : [path], (c) => {
      const asset = assets.asset(path, c.req.header("accept-encoding"))!;
      const headers: Record<string, string> = {
        etag: asset.etag,
        vary: "accept-encoding",
        "cache-control": isPage ? "no-cache" : TRACKER_CACHE,
        // A page of another origin may load the tracker with `crossorigin`, and under COEP.
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
      };
      if (matches(c.req.header("if-none-match"), asset.etag)) return c.body(null, 304, headers);
      if (asset.encoding) headers["content-encoding"] = asset.encoding;
      return c.body(asset.body, 200, {
        ...headers,
        "content-type": asset.contentType,
        "x-content-type-options": "nosniff",
      });
    });
  }
  return app;
}

/** Whether an If-None-Match header names the tag (RFC 9110, 13.1.2); proxies may have weakened it. */
function matches(header: string | undefined, etag: string): boolean {
  return (header ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, "")).some((tag) =>
    tag === "*" || tag === etag
  );
}

function homeLinks(dev: boolean): { href: string; label: string; note: string }[] {
  return [
    ...(dev ? [{ href: "/demo/", label: "Demo site", note: "three pages that carry the tracker" }] : []),
    { href: "/dashboard", label: "/dashboard", note: "the sites and their figures (admin token)" },
    { href: "/health", label: "/health", note: "the process and its database" },
    {
      href: "/etl/status",
      label: "/etl/status",
      note: "what waits, and the last run of each job (admin token)",
    },
    { href: "/metrics", label: "/metrics", note: "for Prometheus (admin token)" },
    { href: "/tracking.js", label: "/tracking.js", note: "the tracker" },
  ];
}
