import type { Child } from "hono/jsx";
import { settingsHref } from "./address.ts";

/** A site as its form has it. */
export interface SiteFields {
  site: string;
  /** Separated by blanks or commas. */
  domains: string;
  timezone: string;
  /** Empty: as the server is set. */
  ipMode: string;
  /** Empty: as the server is set. */
  retentionDays: string;
  /** One a line. */
  redactNames: string;
  /** One a line. */
  excludePaths: string;
  /** One a line. */
  excludeNetworks: string;
  /** `on`, or empty. */
  countBots: string;
  /** `keep` or `drop`; empty: `keep`. */
  trailingSlash: string;
  /** Likewise. */
  indexHtml: string;
  /** Separated by blanks or commas. */
  pageParameters: string;
}

/** Why a field was refused, by its name. */
export type FieldErrors = Partial<Record<keyof SiteFields, string>>;

export const IP_MODES: Record<string, string> = {
  "": "as the server is set",
  truncate: "without its last part",
  none: "not at all",
  full: "in full",
};

interface FormProps {
  fields: SiteFields;
  errors: FieldErrors;
}

/** Adds a site, or changes it. @param address whoever asks comes from it */
export function SiteForm(
  { base, fields, errors, isNew, address }: FormProps & { base: string; isNew: boolean; address?: string },
) {
  return (
    <form class="card site-form" method="post" action={settingsHref(base)}>
      <h2>{isNew ? "Add a site" : "Settings"}</h2>
      {!isNew && (
        <>
          <input type="hidden" name="site" value={fields.site} />
          <input type="hidden" name="existing" value="1" />
        </>
      )}
      <fieldset>
        <legend class="hidden">Site</legend>
        {isNew && (
          <Field
            name="site"
            label="Id"
            note="Such as example-com; it stays as it is."
            error={errors.site}
            wide
          >
            <input {...control("site", errors)} value={fields.site} required maxlength={100} />
          </Field>
        )}
        <Field
          name="domains"
          label="Domains"
          note="Pages of these may send events; none: those of any. Separate them by blanks."
          error={errors.domains}
        >
          <input
            {...control("domains", errors)}
            value={fields.domains}
            placeholder="example.com www.example.com"
          />
        </Field>
        <Field
          name="timezone"
          label="Time zone"
          note="Its days are those of the figures; a change counts all of them anew."
          error={errors.timezone}
        >
          <input {...control("timezone", errors)} value={fields.timezone} list="timezones" required />
          <datalist id="timezones">
            {Intl.supportedValuesOf("timeZone").map((zone) => <option value={zone}></option>)}
          </datalist>
        </Field>
      </fieldset>
      <Paths fields={fields} errors={errors} />
      <Privacy fields={fields} errors={errors} />
      <LeftOut fields={fields} errors={errors} address={address} />
      <div class="form-end">
        <button class="button" type="submit">{isNew ? "Add" : "Save"}</button>
        <p class="soft small">
          Holds within 30 seconds for what comes then. What is stored stays as it is, but for retention.
        </p>
      </div>
    </form>
  );
}

function Paths({ fields, errors }: FormProps) {
  return (
    <fieldset>
      <legend>Which page</legend>
      <Field
        name="trailingSlash"
        label="Slash at the end"
        note="Dropped, /about/ and /about are one page."
        error={errors.trailingSlash}
      >
        <KeepOrDrop name="trailingSlash" fields={fields} errors={errors} />
      </Field>
      <Field
        name="indexHtml"
        label="index.html"
        note="Dropped, /docs/index.html and /docs/ are one page."
        error={errors.indexHtml}
      >
        <KeepOrDrop name="indexHtml" fields={fields} errors={errors} />
      </Field>
      <Field
        name="pageParameters"
        label="Query parameters that tell pages apart"
        note="With id, /shop?id=7 and /shop?id=8 are two pages. Separate them by blanks. Filters and funnels have to name pages as they are stored."
        error={errors.pageParameters}
        wide
      >
        <input
          {...control("pageParameters", errors)}
          value={fields.pageParameters}
          placeholder="id"
          spellcheck={false}
        />
      </Field>
    </fieldset>
  );
}

function KeepOrDrop({ name, fields, errors }: FormProps & { name: "trailingSlash" | "indexHtml" }) {
  return (
    <select {...control(name, errors)}>
      <option value="keep" selected={fields[name] !== "drop"}>kept</option>
      <option value="drop" selected={fields[name] === "drop"}>dropped</option>
    </select>
  );
}

function Privacy({ fields, errors }: FormProps) {
  return (
    <fieldset>
      <legend>What is kept</legend>
      <Field
        name="ipMode"
        label="IP addresses are kept"
        note="The country is found before, from the whole address."
        error={errors.ipMode}
      >
        <select {...control("ipMode", errors)}>
          {Object.entries(IP_MODES).map(([mode, title]) => (
            <option value={mode} selected={mode === fields.ipMode}>{title}</option>
          ))}
        </select>
      </Field>
      <Field
        name="retentionDays"
        label="Days that raw events are kept"
        note="Empty: as the server is set. The figures stay, however old."
        error={errors.retentionDays}
      >
        <input
          {...control("retentionDays", errors)}
          class="short"
          value={fields.retentionDays}
          inputmode="numeric"
          maxlength={5}
        />
      </Field>
      <Field
        name="redactNames"
        label="Fields and parameters to redact"
        note="One name a line, beside passwords, cards and the like. Of one word: any name with this word; of several: any name that holds them together."
        error={errors.redactNames}
        wide
      >
        <textarea {...control("redactNames", errors)} rows={3} placeholder="customerNo" spellcheck={false}>
          {fields.redactNames}
        </textarea>
      </Field>
    </fieldset>
  );
}

function LeftOut({ fields, errors, address }: FormProps & { address?: string }) {
  return (
    <fieldset>
      <legend>What is left out</legend>
      <Field
        name="excludePaths"
        label="Pages"
        note="One path a line; * stands for anything: /admin* is /admin and all below."
        error={errors.excludePaths}
      >
        <textarea {...control("excludePaths", errors)} rows={3} placeholder="/admin*" spellcheck={false}>
          {fields.excludePaths}
        </textarea>
      </Field>
      <Field
        name="excludeNetworks"
        label="Addresses and networks"
        note={`One a line, such as your own${address === undefined ? "" : `: you come from ${address}`}.`}
        error={errors.excludeNetworks}
      >
        <textarea
          {...control("excludeNetworks", errors)}
          rows={3}
          placeholder="192.0.2.0/24"
          spellcheck={false}
        >
          {fields.excludeNetworks}
        </textarea>
      </Field>
      <Field
        name="countBots"
        label="Bots"
        note="Crawlers, link previews, monitors, browsers that a program drives. What is counted already stays so."
        error={errors.countBots}
      >
        <select {...control("countBots", errors)}>
          <option value="" selected={fields.countBots !== "on"}>left out</option>
          <option value="on" selected={fields.countBots === "on"}>counted</option>
        </select>
      </Field>
    </fieldset>
  );
}

function Field(
  { name, label, note, error, wide, children }: {
    name: keyof SiteFields;
    label: string;
    note: string;
    error?: string;
    /** Whether nothing stands beside it. */
    wide?: boolean;
    children?: Child;
  },
) {
  return (
    <div class={wide ? "field wide-field" : "field"}>
      <label for={name}>{label}</label>
      {children}
      {error && <p class="error" id={`${name}-error`} role="alert">{error}</p>}
      <p class="soft small" id={`${name}-note`}>{note}</p>
    </div>
  );
}

/** What makes a control one of the form: its name, and what stands below it. */
function control(name: keyof SiteFields, errors: FieldErrors) {
  return errors[name]
    ? { id: name, name, "aria-invalid": "true", "aria-describedby": `${name}-error ${name}-note` } as const
    : { id: name, name, "aria-describedby": `${name}-note` };
}
