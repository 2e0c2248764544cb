const SAID_MS = 2_000;

/** Shows the buttons that copy a text, which could do nothing without a script. */
export function offerCopies(within: ParentNode): void {
  for (const button of within.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
    // Only a page that came over TLS, or from this machine, may write there.
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy!);
      const title = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => button.textContent = title, SAID_MS);
    });
  }
}
