import { Conflict, DatabaseUnavailable, StatementTimeout } from "../../db/database.ts";
import type { Outcome } from "../../web/dashboard/outcome.tsx";

/** The answer, or why there is none: a part of a page must not take the others with it. */
export async function outcomeOf<T>(answer: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await answer };
  } catch (error) {
    if (error instanceof StatementTimeout) return { failure: "slow" };
    if (error instanceof DatabaseUnavailable || error instanceof Conflict) return { failure: "failed" };
    throw error;
  }
}

/** The status of a part that is asked for alone. */
export function statusOf(outcome: Outcome<unknown>): 200 | 503 | 504 {
  if ("value" in outcome) return 200;
  return outcome.failure === "slow" ? 504 : 503;
}
