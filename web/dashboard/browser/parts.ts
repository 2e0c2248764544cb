import { offerCopies } from "./copy.ts";

const REFRESH_MS = 10_000;

/** Links that change one part of the page fetch that part alone, and leave the rest and its scroll position. */
export function swapParts(): void {
  addEventListener("click", async (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-part]");
    // Whoever wants a new tab gets one.
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    const part = link.dataset.part!;
    const url = new URL(link.href);
    const place = document.getElementById(part)!;
    place.setAttribute("aria-busy", "true");
    const label = link.textContent;
    const isSwapped = await swap(part, url).catch(() => false);
    place.removeAttribute("aria-busy");
    if (!isSwapped) return location.assign(link.href);
    history.replaceState(null, "", url);
    changeLinks(part, url);
    const again = [...document.querySelectorAll<HTMLAnchorElement>(`a[data-part="${part}"]`)]
      .find(({ textContent }) => textContent === label);
    again?.focus();
  });
}

/** Parts that show what happens now are asked for again and again, while somebody can see them. */
export function refreshParts(): void {
  const refresh = async () => {
    for (const { id, dataset } of document.querySelectorAll<HTMLElement>("[data-refresh]")) {
      // A server that is away for a moment is asked again; what is shown stays.
      await swap(id, new URL(dataset.refresh!, location.href), id).catch(() => false);
    }
  };
  void refresh();
  setInterval(() => {
    if (document.visibilityState === "visible") void refresh();
  }, REFRESH_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void refresh();
  });
}

/** Puts the part that the server answers in the place of the one that is there. Resolves with whether it did. */
async function swap(id: string, url: URL, part = id): Promise<boolean> {
  const asked = new URL(url);
  if (!asked.searchParams.has("part")) asked.searchParams.set("part", part);
  const response = await fetch(asked, { headers: { accept: "text/html" } });
  // A part that took too long says so itself; whoever was signed out is led to where they sign in.
  if (response.redirected || !/^(200|503|504)$/.test(String(response.status))) return false;
  const answered = new DOMParser().parseFromString(await response.text(), "text/html").getElementById(id);
  const place = document.getElementById(id);
  if (!answered || !place) return false;
  place.replaceWith(document.adoptNode(answered));
  offerCopies(answered);
  return true;
}

/** All other links of the page take along what was changed without loading it again. */
export function changeLinks(parameter: string, from: URL): void {
  const value = from.searchParams.get(parameter);
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a[href]")) {
    const url = new URL(link.href);
    if (url.pathname !== from.pathname || link.dataset.part === parameter || link.dataset.figure) continue;
    if (value === null) url.searchParams.delete(parameter);
    else url.searchParams.set(parameter, value);
    link.href = url.href;
  }
  for (const form of document.querySelectorAll<HTMLFormElement>("form:not([method=post])")) {
    if (new URL(form.action).pathname !== from.pathname) continue;
    form.querySelector(`input[type=hidden][name="${parameter}"]`)?.remove();
    if (value === null) continue;
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: parameter, value });
    form.append(input);
  }
}
