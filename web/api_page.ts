import { html } from "hono/html";

/** As much of an OpenAPI document as the page shows. */
export interface ApiDocument {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
}

interface Operation {
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  responses: Record<string, { description: string; content?: Record<string, unknown> }>;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Record<string, unknown>;
  example?: unknown;
}

/** For the page: its own style is all that it loads. */
export const API_PAGE_CSP =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The document as a page to read: no script, nothing loaded from anywhere, light and dark. */
export async function apiPage(document: ApiDocument, documentPath: string): Promise<string> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation }))
  );
  const { title, version, description } = document.info;
  const page = await html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>${title}</title>
        <style>${STYLE}</style>
      </head>
      <body>
        <main>
    <h1>${title}</h1>
    <p>${description ?? ""}</p>
    <p>Version ${version}; the same for programs: <a href="${documentPath}">${documentPath}</a></p>
    <nav aria-label="Routes"><ul>
    ${operations.map(({ method, path, operation }) =>
      html`
        <li><a href="#${anchor(method, path)}"><code>${method} ${path}</code></a> ${operation.summary ??
          ""}</li>
      `
    )}</ul></nav>
    ${operations.map(({ method, path, operation }) => operationSection(method, path, operation))}
    <h2>Schemas</h2>
    ${Object.entries(document.components.schemas).map(([name, schema]) =>
      html`
        <section id="schema-${name}">
          <h3>${name}</h3>
          <pre tabindex="0"><code>${JSON.stringify(schema, null, 2)}</code></pre>
        </section>
      `
    )}
        </main>
      </body>
    </html>
  `;
  return String(page);
}

const anchor = (method: string, path: string) => `${method}${path}`.toLowerCase().replace(/[^a-z]+/g, "-");

function operationSection(
  method: string,
  path: string,
  { summary, description, parameters = [], responses }: Operation,
) {
  return html`
    <section id="${anchor(method, path)}">
    <h2><code>${method} ${path}</code></h2>
    <p>${summary ?? ""}. ${description ?? ""}</p>
    ${parameters.length === 0 ? "" : parameterTable(parameters)}
    <dl>${Object.entries(responses).map(([status, { description, content = {} }]) =>
      html`
        <dt>${status}</dt>
        <dd>${description}: ${Object.entries(content).map(([type, body]) =>
          html`
            <code>${type}</code> ${schemaLink(body)}
          `
        )}</dd>
      `
    )}</dl>
    </section>
  `;
}

function parameterTable(parameters: Parameter[]) {
  return html`
    <table>
      <thead>
        <tr>
          <th>parameter</th>
          <th>type</th>
          <th>meaning</th>
        </tr>
      </thead>
      <tbody>
    ${parameters.map(({ name, in: place, required, description, schema = {} }) =>
      html`
        <tr>
          <th scope="row"><code>${name}</code>${required
            ? html`
              <small>required, in the ${place}</small>
            `
            : ""}</th>
          <td>${typeName(schema)}</td>
          <td>${description ?? schema.description ?? ""}</td>
        </tr>
      `
    )}</tbody>
    </table>
  `;
}

function typeName(schema: Record<string, unknown>): string {
  if (Array.isArray(schema.enum)) return schema.enum.join(", ");
  const limits = schema.maximum === undefined ? "" : ` ${schema.minimum} to ${schema.maximum}`;
  const usual = schema.default === undefined ? "" : `, else ${schema.default}`;
  return `${schema.format ?? schema.type ?? ""}${limits}${usual}`;
}

function schemaLink(body: unknown) {
  const reference = (body as { schema?: { $ref?: string } }).schema?.$ref;
  const name = reference?.split("/").at(-1);
  return name === undefined ? "" : html`<a href="#schema-${name}">${name}</a>`;
}

const STYLE = html`
  :root{--bg:#f7f7f4;--ink:#1c2321;--soft:#5c6763;--line:#dcded8;--card:#fff;--accent:#0b6e4f;color-scheme:light dark}
  @media(prefers-color-scheme:dark){
  :root{--bg:#141817;--ink:#e8ecea;--soft:#9daaa5;--line:#2b3330;--card:#1c2220;--accent:#5fd0a5}}
  *{box-sizing:border-box}
  body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.6 system-ui,sans-serif}
  main{max-width:56rem;margin:0 auto;padding:3rem 1.5rem}
  a{color:var(--accent)}
  section{margin-top:2.5rem;border-top:1px solid var(--line)}
  h2{font-size:1.15rem;overflow-wrap:anywhere}
  nav ul{padding:0;list-style:none}
  small{color:var(--soft);font-weight:normal}
  table{border-collapse:collapse;width:100%;display:block;overflow-x:auto}
  th,td{padding:.4rem .8rem .4rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
  dl{display:grid;grid-template-columns:auto 1fr;gap:.2rem 1rem}
  dd{margin:0}
  pre{padding:1rem;overflow-x:auto;border:1px solid var(--line);border-radius:10px;background:var(--card)}
  code{font:.9em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
`;
