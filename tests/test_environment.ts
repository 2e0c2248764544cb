import type { PostgresDriver } from "../db/database.ts";
import type { TestServer } from "./servers.ts";

/** What `tests/run.ts` tells the tests, as JSON in `FOOTFALL_TEST_SERVERS`. */
export interface TestEnvironment {
  /** Whether the tests were started with `--quick`. */
  isQuick: boolean;
  /** None where that is so. */
  servers: TestServer[];
  /** For files of this run; removed after it. */
  directory: string;
  /** What the tests of a server speak with it through. */
  driver: PostgresDriver;
  /** `--config FILE`, where the tests were given one: for the processes that they start. */
  config: string[];
}

export const ENVIRONMENT_VARIABLE = "FOOTFALL_TEST_SERVERS";

/** @throws {Error} If the tests were not started by `deno task test` */
export function environment(): TestEnvironment {
  const json = Deno.env.get(ENVIRONMENT_VARIABLE);
  if (json === undefined) throw new Error("There are no databases: run the tests with: deno task test");
  return JSON.parse(json);
}

/** A new folder that is removed after the run. */
export function makeFolder(): Promise<string> {
  return Deno.makeTempDir({ dir: environment().directory });
}

/** Whether there is such a file or folder. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
