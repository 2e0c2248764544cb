import type { HtmlEscapedString } from "hono/utils/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Visit } from "./visit.ts";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Answers a page of a site; or, where the page's script asks for one, a part of it. */
export type View = (visit: Visit, part: string | undefined) => Promise<{
  page: Html;
  status?: ContentfulStatusCode;
}>;
