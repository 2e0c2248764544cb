import type { Child } from "hono/jsx";

/** A part of a page that its script can ask for alone: the same URL with `part`. */
export function Part(
  { name, label, refresh, kind = "card panel", children }: {
    name: string;
    /** What a screen reader calls it. */
    label: string;
    /** Its URL, where the script is to ask for it again and again. */
    refresh?: string;
    kind?: string;
    children?: Child;
  },
) {
  return (
    <section class={kind} id={name} aria-label={label} data-refresh={refresh}>
      {children}
    </section>
  );
}

/** A link that changes one part only: with scripts the rest of the page stays. */
export function PartLink(
  { part, href, current, title, children }: {
    part: string;
    href: string;
    current: boolean;
    title?: string;
    children?: Child;
  },
) {
  return (
    <a href={href} data-part={part} title={title} aria-current={current ? "true" : undefined}>
      {children}
    </a>
  );
}
