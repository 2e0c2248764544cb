/// <reference no-default-lib="true" />
/// <reference lib="es2022" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What must not leave the browser, whatever the collector would do about it. */

/** Whether `data-private` encloses the element, also around the shadow root that it is in. */
const isPrivate = (element?: Element): unknown =>
  element && (element.closest("[data-private]") || isPrivate((element.getRootNode() as ShadowRoot).host));

/** `text`, cut to what a report needs; or a mark in its place, where `element` or `text` itself calls for it. */
export const redact = (text: string, element: HTMLInputElement): string =>
  /pass|card|cc-|cv|ssn|social|token|secret|hidden/i.test(
      [element.type, element.name, element.autocomplete] as unknown as string,
    ) ||
    /(\d\W?){13}|\d{3}-\d\d-\d{4}/.test(text) ||
    isPrivate(element)
    ? "[redacted]"
    : text.slice(0, 500);
