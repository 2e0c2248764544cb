/** How many tests a run had, each counted once. */
export interface TestCounts {
  passed: number;
  failed: number;
  skipped: number;
}

const TEST_CASE = /<testcase name="([^"]*)"([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs;

/**
 * Counts the tests of a JUnit report as `deno test` writes it: without their steps, and without what a filter
 * left out.
 */
export function countTests(junit: string): TestCounts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const suite of junit.split("<testsuite ").slice(1)) {
    // Deno escapes `<` and `"` in names and messages, so that a tag is a tag.
    const cases = [...suite.matchAll(TEST_CASE)].map(([, name = "", attributes = "", body = ""]) => ({
      name,
      attributes,
      body,
    }));
    const names = new Set(cases.map(({ name }) => name));
    for (const { name, attributes, body } of cases) {
      if (isStep(name, names)) continue;
      if (/<(failure|error)\b/.test(body)) counts.failed++;
      else if (!/<skipped\b/.test(body)) counts.passed++;
      // What was filtered out has no time; what is ignored took none.
      else if (/\btime=/.test(attributes)) counts.skipped++;
    }
  }
  return counts;
}

/** A step is a case of its own, named `test > step`. */
function isStep(name: string, names: Set<string>): boolean {
  const separator = " &gt; ";
  for (let at = name.indexOf(separator); at >= 0; at = name.indexOf(separator, at + 1)) {
    if (names.has(name.slice(0, at))) return true;
  }
  return false;
}

/** As `12 passed, 0 failed`, and `, 3 skipped` where some were. */
export function formatCounts({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
