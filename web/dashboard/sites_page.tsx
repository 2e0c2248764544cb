import { Isolated } from "./bidi.tsx";
import { Page } from "./page.tsx";
import { type RefusedOriginRow, RefusedOrigins } from "./refused_origins.tsx";
import { type Arrival, ArrivalPart, Snippet } from "./setup.tsx";
import { type FieldErrors, type SiteFields, SiteForm } from "./site_form.tsx";
import type { Viewer } from "./site_frame.tsx";

/** The sites that were added, and one of them to change; or a form for another one. */
export function SitesPage(
  {
    viewer,
    sites,
    fields,
    errors,
    isNew,
    origin,
    address,
    isLeftOut,
    refusedOrigins,
    unreachableGoals,
    arrival,
  }: {
    viewer: Viewer;
    sites: string[];
    fields: SiteFields;
    errors: FieldErrors;
    /** Whether the form adds a site. */
    isNew: boolean;
    origin: string;
    /** Where whoever asks comes from. */
    address: string | undefined;
    /** Whether the site leaves out events from there. */
    isLeftOut: boolean;
    /** Of the site, or of all sites if the form adds one. */
    refusedOrigins: RefusedOriginRow[];
    /** Goals whose `page` the site stores by another `path`. */
    unreachableGoals: { name: string; page: string; path: string }[];
    /** Null where there is no site yet to wait for. */
    arrival: Arrival | null;
  },
) {
  return (
    <Page title="Manage sites" signedIn={viewer.signedIn} home scripted>
      <div class="page-head">
        <h1>Manage sites</h1>
        <a href="/dashboard">All figures</a>
      </div>
      <div class="columns">
        <nav class="card site-list" aria-label="Sites">
          <ul>
            {sites.map((site) => (
              <li>
                <a
                  href={`/dashboard/sites?site=${encodeURIComponent(site)}`}
                  aria-current={!isNew && site === fields.site ? "page" : undefined}
                >
                  <Isolated text={site} />
                </a>
              </li>
            ))}
            <li>
              <a href="/dashboard/sites" aria-current={isNew ? "page" : undefined}>+ Add a site</a>
            </li>
          </ul>
        </nav>
        <div class="stack">
          {!isNew && arrival && (
            <section class="card" aria-label="Tag">
              <h2>
                The tag of <Isolated text={fields.site} />
              </h2>
              <p class="note">
                Paste it before <code>&lt;/head&gt;</code> of every page.
              </p>
              <Snippet origin={origin} site={fields.site} />
              <ArrivalPart site={fields.site} arrival={arrival} />
              {isLeftOut && (
                <p class="note">
                  Your own visits are left out: you come from {address}, which the settings below exclude.
                </p>
              )}
            </section>
          )}
          {refusedOrigins.length > 0 && <RefusedOrigins rows={refusedOrigins} ofSite={!isNew} />}
          {unreachableGoals.length > 0 && (
            <section class="card" aria-label="Goals">
              <h2>Goals that are not reached any more</h2>
              <p class="note">
                By the settings below their pages are stored by other paths. Add goals for these.
              </p>
              <ul>
                {unreachableGoals.map(({ name, page, path }) => (
                  <li>
                    <Isolated text={name} />: <Isolated text={page} /> is stored as <Isolated text={path} />
                  </li>
                ))}
              </ul>
            </section>
          )}
          <SiteForm fields={fields} errors={errors} isNew={isNew} address={address} />
        </div>
      </div>
    </Page>
  );
}
