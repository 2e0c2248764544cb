import { Page } from "./page.tsx";

/** A link that leads on. */
export interface Way {
  /** Below `base`. */
  href: string;
  label: string;
}

/** What went wrong, and where to go on. */
export function ProblemPage(
  { base, title, problems, ways }: { base: string; title: string; problems: string[]; ways: Way[] },
) {
  return (
    <Page title={title} base={base}>
      <section class="card setup">
        <h1>{title}</h1>
        {problems.map((problem) => <p>{problem.replace(/[^.!?]$/, "$&.")}</p>)}
        {ways.length > 0 && (
          <p class="ways">
            {ways.map(({ href, label }) => <a href={base + href}>{label}</a>)}
          </p>
        )}
      </section>
    </Page>
  );
}
