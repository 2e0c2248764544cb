import type { Child } from "hono/jsx";

export interface PageOptions {
  title: string;
  /** Who looks was signed in here, and can sign out. */
  signedIn?: boolean;
  children?: Child;
}

/** The frame of every page of the dashboard. It works without scripts, and loads its style from this host only. */
export function Page({ title, signedIn = false, children }: PageOptions) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · Footfall</title>
        <link rel="stylesheet" href="/assets/dashboard.css" />
      </head>
      <body>
        <header>
          <p class="brand">Footfall</p>
          {signedIn && (
            <form method="post" action="/dashboard/sign-out">
              <button class="button quiet" type="submit">Sign out</button>
            </form>
          )}
        </header>
        <main>{children}</main>
      </body>
    </html>
  );
}
