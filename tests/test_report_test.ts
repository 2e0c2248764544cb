import { assertEquals } from "@std/assert";
import { countTests, formatCounts } from "./test_report.ts";

// As Deno 2.9.6 writes it.
const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="7" failures="1" errors="0" time="0.008">
    <testsuite name="./tests/a_test.ts" tests="6" disabled="2" errors="0" failures="1">
        <testcase name="passes" classname="./tests/a_test.ts" time="0.001" line="1" col="6">
        </testcase>
        <testcase name="is ignored" classname="./tests/a_test.ts" time="0.000" line="1" col="58">
            <skipped/>
        </testcase>
        <testcase name="is filtered out" classname="./tests/a_test.ts" line="1" col="58">
            <skipped/>
        </testcase>
        <testcase name="fails &lt;x&gt; &amp; &quot;" classname="./tests/a_test.ts" time="0.002" line="1" col="82">
            <failure message="Uncaught Error: &lt;skipped/&gt;">Error: &lt;skipped/&gt;
    at file:///tests/a_test.ts:1:144</failure>
        </testcase>
        <testcase name="1 &gt; 0" classname="./tests/a_test.ts" time="0.001" line="1" col="175">
        </testcase>
        <testcase name="1 &gt; 0 &gt; a step" classname="./tests/a_test.ts" time="0.000" line="1" col="120">
        </testcase>
    </testsuite>
    <testsuite name="./tests/b_test.ts" tests="1" disabled="0" errors="0" failures="0">
        <testcase name="passes" classname="./tests/b_test.ts" time="0.001" line="1" col="6">
        </testcase>
    </testsuite>
</testsuites>`;

Deno.test("a report counts every test once, without steps and filtered tests", () => {
  assertEquals(countTests(REPORT), { passed: 3, failed: 1, skipped: 1 });
});

Deno.test("a report that is missing counts as no test", () => {
  assertEquals(countTests(""), { passed: 0, failed: 0, skipped: 0 });
});

Deno.test("counts name what was skipped only where something was", () => {
  assertEquals(formatCounts({ passed: 3, failed: 1, skipped: 0 }), "3 passed, 1 failed");
  assertEquals(formatCounts({ passed: 3, failed: 0, skipped: 2 }), "3 passed, 0 failed, 2 skipped");
});
