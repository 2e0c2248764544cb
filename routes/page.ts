import type { Context } from "hono";
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/**
 * The headers of every HTML page that shows figures, or asks for a secret.
 *
 * @param frameAncestors origins whose pages may show it in a frame
 */
export function pageHeaders(frameAncestors: readonly string[] = []): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    `frame-ancestors ${frameAncestors.length > 0 ? frameAncestors.join(" ") : "'none'"}`,
  ];
  return {
    "content-security-policy": policy.join("; "),
    "x-content-type-options": "nosniff",
    // No other site learns an address of ours; our own forms still say where they come from.
    "referrer-policy": "same-origin",
    "x-robots-tag": "noindex",
    "cache-control": "private, no-store",
  };
}

/** Answers an HTML page, with the headers of all of them. @param frameAncestors as above */
export function answerPage(
  c: Context,
  page: HtmlEscapedString | Promise<HtmlEscapedString>,
  { status = 200, frameAncestors = [] }: {
    status?: ContentfulStatusCode;
    frameAncestors?: readonly string[];
  } = {},
): Response | Promise<Response> {
  return c.html(html`<!DOCTYPE html>${page}`, status, pageHeaders(frameAncestors));
}

/** Answers a part of a page, for the script that puts it in its place. */
export async function answerPart(
  c: Context,
  part: HtmlEscapedString | Promise<HtmlEscapedString>,
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  return c.html(await part, status, pageHeaders());
}
