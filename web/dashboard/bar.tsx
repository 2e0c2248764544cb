import type { Child } from "hono/jsx";

/** A bar behind a text, as long as its share of 0..1. Its width is an attribute: the page may hold no style of its own. */
export function Bar({ share, kind = "bar" }: { share: number; kind?: string }) {
  return (
    <svg class={kind} viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      <rect width={Math.max(0, Math.min(100, share * 100)).toFixed(1)} height="1" />
    </svg>
  );
}

/** What a panel lists: a name with its bar, a figure, a share. */
export function BarTable({ caption, columns, children }: {
  /** For screen readers. */
  caption: string;
  columns: [name: string, figure: string, share: string];
  /** The rows. */
  children: Child;
}) {
  return (
    <table class="bars">
      <caption class="hidden">{caption}</caption>
      <thead>
        <tr>{columns.map((title) => <th scope="col">{title}</th>)}</tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}
