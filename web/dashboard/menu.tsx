import type { Child } from "hono/jsx";

export interface MenuItem {
  href: string;
  title: string;
  current?: boolean;
}

/** A button that opens a list of links; one is open at a time. */
export function Menu(
  { label, title, items, end = false, children }: {
    /** What is chosen with it, for screen readers. */
    label: string;
    /** What is chosen now. */
    title: Child;
    items: MenuItem[];
    /** Opens towards the left, as the last one of its row. */
    end?: boolean;
    /** Below the links. */
    children?: Child;
  },
) {
  return (
    <details class={end ? "menu end" : "menu"} name="menu">
      <summary>
        <span class="hidden">{label}:</span>
        <span class="menu-title">{title}</span>
      </summary>
      <div class="popover">
        {items.length > 0 && (
          <ul>
            {items.map(({ href, title, current }) => (
              <li>
                <a href={href} aria-current={current ? "true" : undefined}>{title}</a>
              </li>
            ))}
          </ul>
        )}
        {children}
      </div>
    </details>
  );
}
