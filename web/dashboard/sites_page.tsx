import type { Child } from "hono/jsx";
import { Page } from "./page.tsx";
import { type Arrival, ArrivalPart, Snippet } from "./setup.tsx";
import type { Viewer } from "./site_frame.tsx";

/** A site as its form has it. */
export interface SiteFields {
  site: string;
  /** Separated by blanks or commas. */
  domains: string;
  timezone: string;
  /** Empty: as the server is set. */
  ipMode: string;
}

/** Why a field was refused, by its name. */
export type FieldErrors = Partial<Record<keyof SiteFields, string>>;

export const IP_MODES: Record<string, string> = {
  "": "as the server is set",
  truncate: "without its last part",
  none: "not at all",
  full: "in full",
};

/** The sites that were added, and one of them to change; or a form for another one. */
export function SitesPage(
  { viewer, sites, fields, errors, isNew, origin, arrival }: {
    viewer: Viewer;
    sites: string[];
    fields: SiteFields;
    errors: FieldErrors;
    /** Whether the form adds a site. */
    isNew: boolean;
    origin: string;
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
                  {site}
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
              <h2>The tag of {fields.site}</h2>
              <p class="note">
                Paste it before <code>&lt;/head&gt;</code> of every page.
              </p>
              <Snippet origin={origin} site={fields.site} />
              <ArrivalPart site={fields.site} arrival={arrival} />
            </section>
          )}
          <SiteForm fields={fields} errors={errors} isNew={isNew} />
        </div>
      </div>
    </Page>
  );
}

function SiteForm({ fields, errors, isNew }: { fields: SiteFields; errors: FieldErrors; isNew: boolean }) {
  return (
    <form class="card site-form" method="post" action="/dashboard/sites">
      <h2>{isNew ? "Add a site" : "Settings"}</h2>
      {isNew
        ? (
          <Field name="site" label="Id" note="Such as example-com; it stays as it is." error={errors.site}>
            <input
              id="site"
              name="site"
              value={fields.site}
              required
              maxlength={100}
              {...invalid("site", errors)}
            />
          </Field>
        )
        : (
          <>
            <input type="hidden" name="site" value={fields.site} />
            <input type="hidden" name="existing" value="1" />
          </>
        )}
      <Field
        name="domains"
        label="Domains"
        note="Pages of these may send events; none: those of any. Separate them by blanks."
        error={errors.domains}
      >
        <input
          id="domains"
          name="domains"
          value={fields.domains}
          placeholder="example.com www.example.com"
          {...invalid("domains", errors)}
        />
      </Field>
      <Field
        name="timezone"
        label="Time zone"
        note="Its days are those of the figures; a change counts all of them anew."
        error={errors.timezone}
      >
        <input
          id="timezone"
          name="timezone"
          value={fields.timezone}
          list="timezones"
          required
          {...invalid("timezone", errors)}
        />
        <datalist id="timezones">
          {Intl.supportedValuesOf("timeZone").map((zone) => <option value={zone}></option>)}
        </datalist>
      </Field>
      <Field name="ipMode" label="IP addresses are kept" error={errors.ipMode}>
        <select id="ipMode" name="ipMode">
          {Object.entries(IP_MODES).map(([mode, title]) => (
            <option value={mode} selected={mode === fields.ipMode}>{title}</option>
          ))}
        </select>
      </Field>
      <button class="button" type="submit">{isNew ? "Add" : "Save"}</button>
    </form>
  );
}

function Field(
  { name, label, note, error, children }: {
    name: string;
    label: string;
    note?: string;
    error?: string;
    children?: Child;
  },
) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {children}
      {note && <p class="soft small">{note}</p>}
      {error && <p class="error" id={`${name}-error`} role="alert">{error}</p>}
    </div>
  );
}

function invalid(name: keyof SiteFields, errors: FieldErrors) {
  return errors[name] ? { "aria-invalid": "true", "aria-describedby": `${name}-error` } as const : {};
}
