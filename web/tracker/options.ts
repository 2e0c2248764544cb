/// <reference no-default-lib="true" />
/// <reference lib="es2022" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What the script's own tag says: its `data-*` attributes, and where it came from. */

// Null only where the file was imported as a module, which the tag in the documentation is not.
export const { dataset: options, src } = document.currentScript as HTMLScriptElement;

/** The site's id: `data-site`, else the hostname without `www.` and its like, dots as dashes. */
export const site: string = options.site ||
  location.hostname.replace(/^(www|m|mobile)\./, "").replace(/\./g, "-");

declare global {
  interface Navigator {
    globalPrivacyControl?: boolean;
  }
  interface Document {
    prerendering?: boolean;
  }
}
