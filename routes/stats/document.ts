import { API_PAGE_CSP, type ApiDocument, apiPage } from "../../web/api_page.ts";
import { VERSION } from "../../version.ts";
import { basePathOf } from "../client.ts";
import type { Resource } from "./resource.ts";

const PATH = "/api/openapi.json";

/** `GET /api/openapi.json`, which describes every route of `api`, and `GET /api/docs`, the same to read. */
export function addDocument(api: Resource): void {
  api.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  const document = api.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Footfall stats",
      version: VERSION,
      description:
        "What happened on a site, in ranges of its own days, with filters. Counts are whole numbers, shares " +
        "run from 0 to 1, durations are in seconds. Lists also come as CSV: Accept: text/csv.",
    },
  });
  const page = apiPage(document as unknown as ApiDocument, "openapi.json");
  // As seen from where the document is.
  api.get(PATH, (c) => c.json({ ...document, servers: [{ url: basePathOf(c) || "/" }] }));
  api.get("/api/docs", async (c) => c.html(await page, 200, { "content-security-policy": API_PAGE_CSP }));
}
