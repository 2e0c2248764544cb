import type { SiteSummary } from "../../db/stats/site_summaries.ts";
import { Isolated } from "./bidi.tsx";
import { formatCount } from "./format.ts";
import { shownHost } from "./host_names.ts";
import { Page } from "./page.tsx";
import type { Viewer } from "./site_frame.tsx";

/** The sites, each with its last 30 days. */
export function SitesListPage({ sites, viewer }: { sites: SiteSummary[]; viewer: Viewer }) {
  return (
    <Page title="Sites" signedIn={viewer.signedIn} home scripted>
      <div class="page-head">
        <h1>Sites</h1>
        <a class="button" href="/dashboard/sites">Add a site</a>
      </div>
      {sites.length === 0
        ? (
          <p class="card notice">
            No site yet. Add one, or let pages that carry the tag send their first event.
          </p>
        )
        : (
          <ul class="site-cards">
            {sites.map(({ site, domains, timezone, visitors, pageviews }) => (
              <li class="card">
                <h2>
                  <a href={`/dashboard/${encodeURIComponent(site)}`}>
                    <Isolated text={site} />
                  </a>
                </h2>
                <p class="soft">
                  {domains.length > 0 ? domains.map(shownHost).join(", ") : "any domain"} · {timezone}
                </p>
                <dl>
                  <div>
                    <dt>Visitors</dt>
                    <dd>{formatCount(visitors)}</dd>
                  </div>
                  <div>
                    <dt>Pageviews</dt>
                    <dd>{formatCount(pageviews)}</dd>
                  </div>
                </dl>
                <p class="soft small">last 30 days</p>
              </li>
            ))}
          </ul>
        )}
    </Page>
  );
}
