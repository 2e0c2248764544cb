import { Page } from "./page.tsx";

/** The sites, each with a link to its figures. */
export function SitesPage({ siteIds, signedIn }: { siteIds: string[]; signedIn: boolean }) {
  return (
    <Page title="Sites" signedIn={signedIn}>
      <section class="card">
        <h1>Sites</h1>
        {siteIds.length === 0 ? <p>No site has sent an event yet.</p> : (
          <ul class="sites">
            {siteIds.map((id) => (
              <li>
                <a href={`/dashboard/${encodeURIComponent(id)}`}>{id}</a>
              </li>
            ))}
          </ul>
        )}
      </section>
    </Page>
  );
}
