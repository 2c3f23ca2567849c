/** What came of a test of a vendor's credential. */

import type { ProviderTest } from "@spekoai/sdk";
import type { JSX } from "preact";
import { sentence } from "../../api/problem.js";
import { duration, Notice, Spinner } from "../../ui/index.js";

/** Shown below the vendor; read out when it comes. */
export function TestResult(props: {
  name: string;
  tested: { busy: true } | { busy: false; result: ProviderTest } | { busy: false; problem: string };
}): JSX.Element {
  const { tested, name } = props;
  if (tested.busy) {
    return (
      <div class="vendor-test">
        <Spinner label={`Asking ${name}`} />
      </div>
    );
  }
  if ("problem" in tested) {
    return (
      <div class="vendor-test">
        <Notice tone="error" title="The test could not be made">
          {tested.problem}
        </Notice>
      </div>
    );
  }
  return (
    <div class="vendor-test">
      <Notice tone={tested.result.ok ? "ok" : "error"} title={tested.result.ok ? "It works" : "It does not work"}>
        {sentence(tested.result.message)}
        {tested.result.latencyMs !== null && (
          <span class="faint small"> Answered in {duration(tested.result.latencyMs)}.</span>
        )}
      </Notice>
    </div>
  );
}
