/// <reference no-default-lib="true" />
/// <reference lib="es2022" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Begins: listens to the page, and to what changes its address. */
// deno-lint-ignore-file eqeqeq -- an equals sign is a byte
import { listeners, view } from "./page.ts";
import { flush } from "./delivery.ts";
import { PREFIX } from "./store.ts";

// Turbo and htmx run the tags of a body again with each page, and some pages hold the tag twice.
if (!history[PREFIX as never]) {
  history[PREFIX as never] = 1 as never;
  for (const method of ["replaceState", "pushState"] as const) {
    const original = history[method];
    history[method] = (...state) => {
      original.apply(history, state);
      view(method == "pushState");
    };
  }

  for (const type in listeners) {
    addEventListener(type, listeners as unknown as EventListenerObject, 1 as unknown as boolean);
  }
  setInterval(flush, 6e4);
  document.prerendering || (listeners.prerenderingchange as () => void)();
}
