import { ADMIN_TOKEN, type TestApp } from "./fixtures.ts";

/** A page of the dashboard, as a browser without scripts gets it. */
export interface DashboardPage {
  status: number;
  html: string;
  headers: Headers;
  /** Where its links lead, in order, entities resolved. */
  links: string[];
}

/** Asks for a page as the admin. */
export async function getPage(app: TestApp, path: string, init: RequestInit = {}): Promise<DashboardPage> {
  const response = await app.request(path, {
    ...init,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...init.headers },
  });
  const html = await response.text();
  const links = [...html.matchAll(/<a\b[^>]*? href="([^"]*)"/g)].map(([, href]) => unescapeHtml(href!));
  return { status: response.status, html, headers: response.headers, links };
}

/** The texts that the pattern's first group finds, without tags. */
export function texts(html: string, pattern: RegExp): string[] {
  return [...html.matchAll(pattern)].map(([, found]) =>
    unescapeHtml(found!.replace(/<[^>]*>/g, " ")).replace(/\s+/g, " ").trim()
  );
}

/** The big figures by their titles. */
export function bigFigures(html: string): Record<string, string> {
  const titles = texts(html, /<span class="figure-title">(.*?)<\/span>/g);
  const figures = texts(html, /<strong class="figure">(.*?)<\/strong>/g);
  return Object.fromEntries(titles.map((title, i) => [title, figures[i]!]));
}

/** The rows of a panel, each as the texts of its cells. */
export function panelRows(html: string, panel: string): string[][] {
  const [, section] = new RegExp(`<section[^>]* id="${panel}".*?>(.*?)</section>`, "s").exec(html) ?? [];
  const [, body] = /<tbody>(.*?)<\/tbody>/s.exec(section ?? "") ?? [];
  return [...(body ?? "").matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    texts(row!, /<t[hd][^>]*>(.*?)<\/t[hd]>/gs)
  );
}

/** The text that HTML writes with entities. */
export function unescapeHtml(text: string): string {
  const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name]!);
}
