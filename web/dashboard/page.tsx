import type { Child } from "hono/jsx";

export interface PageOptions {
  title: string;
  /** Under which path a browser sees this host: `""`, or such as `/stats`. */
  base: string;
  /** Who looks was signed in here, and can sign out. */
  signedIn?: boolean;
  /** Whether the brand leads to all sites. */
  home?: boolean;
  /** Beside the brand: the site and what is chosen of it. */
  head?: Child;
  /** Loads the script, too; the page has to work without. */
  scripted?: boolean;
  children?: Child;
}

/** The frame of every page of the dashboard. It works without scripts, and loads its style from this host only. */
export function Page(
  { title, base, signedIn = false, home = false, head, scripted = false, children }: PageOptions,
) {
  // On a phone the site's menu takes the room of the name.
  const brand = head ? "brand dot" : "brand";
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · Footfall</title>
        <link rel="icon" href={ICON} />
        <link rel="stylesheet" href={`${base}/assets/dashboard.css`} />
        {scripted && <script type="module" src={`${base}/assets/dashboard.js`} />}
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        <header class="top">
          <div class="wide top-row">
            {home ? <a class={brand} href={`${base}/dashboard`}>Footfall</a> : <p class={brand}>Footfall</p>}
            {head}
            {signedIn && (
              <form class="sign-out" method="post" action={`${base}/dashboard/sign-out`}>
                <button class="button quiet" type="submit">Sign out</button>
              </form>
            )}
          </div>
        </header>
        <main class="wide" id="main" tabindex={-1}>{children}</main>
      </body>
    </html>
  );
}

// The brand's dot, in a green that shows on light and dark tabs.
const ICON = "data:image/svg+xml," +
  encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6" fill="#1d9d74"/></svg>`,
  );
