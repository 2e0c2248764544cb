import { Page } from "./page.tsx";

/** What went wrong, and what would be right. */
export function ProblemPage({ title, problems, back }: { title: string; problems: string[]; back: string }) {
  return (
    <Page title={title}>
      <section class="card setup">
        <h1>{title}</h1>
        {problems.map((problem) => <p>{problem}</p>)}
        <p>
          <a href={back}>Back</a>
        </p>
      </section>
    </Page>
  );
}
