import type { Child } from "hono/jsx";

/** An answer of the database, or why there is none: what else is on the page stands without it. */
export type Outcome<T> = { value: T } | { failure: "slow" | "failed" };

const REASONS = {
  slow: "This took too long. Fewer days or filters are answered sooner.",
  failed: "This could not be read just now.",
};

/** What is shown of an answer; or why there is none, with a link that asks again. */
export function Answered<T>(
  { outcome, retry, children }: { outcome: Outcome<T>; retry: string; children: (value: T) => Child },
) {
  if ("value" in outcome) return <>{children(outcome.value)}</>;
  return (
    <p class="notice" role="status">
      {REASONS[outcome.failure]} <a href={retry}>Try again</a>
    </p>
  );
}
