/** What stands for a candidate, and for a snapshot, wherever they are named. */

import type { JSX } from "preact";
import { snapshotName } from "./metrics.js";

export function Candidate({ provider, model }: { provider: string; model: string }): JSX.Element {
  return (
    <span class="candidate">
      <span class="candidate-provider">{provider}</span> <span class="candidate-model">{model}</span>
    </span>
  );
}

export function Snapshot({ id }: { id: string }): JSX.Element {
  return (
    <span class="faint small snapshot" title={id}>
      {snapshotName(id)}
    </span>
  );
}
