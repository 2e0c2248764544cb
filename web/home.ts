/** The page at `/`: what runs here, the snippet to paste, and where to look next. */

export interface HomeLink {
  href: string;
  label: string;
  note?: string;
}

export interface HomeOptions {
  /** Where this host is reached, such as `https://stats.example.com` or `https://example.com/stats`; no slash at its end. */
  url: string;
  version: string;
  /** Whether the `dev` task runs: any site is accepted, so the page says so. */
  dev: boolean;
  links: HomeLink[];
}

/** The whole HTML document: no script, nothing loaded from anywhere, light and dark. */
export function homePage({ url, version, dev, links }: HomeOptions): string {
  const snippet = `<script defer src="${url}/tracking.js"></script>`;
  const mode = dev ? "development: any site is accepted" : "production";
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Footfall</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Footfall</h1>
<p class="lead">First-party web analytics runs here. Events of your sites come in at <code>/collect</code> and end up
in your own Postgres.</p>
<h2>Put it on a site</h2>
<p>Paste this before <code>&lt;/head&gt;</code> of every page:</p>
<pre tabindex="0"><code>${escapeHtml(snippet)}</code></pre>
<p class="note">The site’s id is its hostname with dashes (<code>www.example.com</code> becomes
<code>example-com</code>); <code>data-site="…"</code> sets another one.</p>
<h2>Look around</h2>
<ul>
${links.map(linkItem).join("\n")}
</ul>
<footer>Footfall ${escapeHtml(version)} · ${mode}</footer>
</main>
</body>
</html>
`;
}

function linkItem({ href, label, note }: HomeLink): string {
  const explained = note ? `<span>${escapeHtml(note)}</span>` : "";
  return `<li><a href="${escapeHtml(safeHref(href))}">${escapeHtml(label)}</a>${explained}</li>`;
}

/** Only addresses that lead to a page: a `javascript:` one would run here with this host's rights. */
function safeHref(href: string): string {
  return /^(https?:\/\/|[/.#?])/i.test(href) ? href : "#";
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

// `user-select: all` makes one click select the whole snippet, so copying needs no script.
const STYLE = `
:root{--bg:#f7f7f4;--ink:#1c2321;--soft:#5c6763;--line:#dcded8;--card:#fff;--accent:#0b6e4f;color-scheme:light dark}
@media(prefers-color-scheme:dark){
:root{--bg:#141817;--ink:#e8ecea;--soft:#9daaa5;--line:#2b3330;--card:#1c2220;--accent:#5fd0a5}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.6 system-ui,sans-serif}
main{max-width:44rem;margin:0 auto;padding:4rem 1.5rem 3rem}
h1{margin:0;font-size:2.25rem;letter-spacing:-.02em}
h1::before{content:"";display:inline-block;width:.55em;height:.55em;margin-right:.35em;border-radius:50%;
background:var(--accent)}
h2{margin:2.5rem 0 .5rem;font-size:1.1rem}
a{color:var(--accent)}
.lead{font-size:1.15rem;color:var(--soft)}
.note,footer{color:var(--soft);font-size:.9rem}
pre{margin:.75rem 0;padding:1rem 1.1rem;overflow-x:auto;border:1px solid var(--line);border-radius:10px;
background:var(--card)}
pre code{user-select:all;-webkit-user-select:all}
code{font:.92em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
ul{margin:0;padding:0;list-style:none;border-top:1px solid var(--line)}
li{display:flex;flex-wrap:wrap;gap:.1rem 1rem;padding:.6rem 0;border-bottom:1px solid var(--line)}
li a{min-width:9rem}
li span{color:var(--soft)}
footer{margin-top:3rem}
`;
