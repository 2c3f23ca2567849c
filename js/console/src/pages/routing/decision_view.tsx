/** The decision about an intent, kept up to date. */

import type { JSX } from "preact";
import { speko } from "../../api/gateway.js";
import { useLoad } from "../../api/use_load.js";
import { useDebounced } from "../../live/debounced.js";
import { useWhileVisible } from "../../live/while_visible.js";
import { Notice, Skeleton, Unread } from "../../ui/index.js";
import { decision } from "./decision.js";
import { type Asked, allowEntries, allowProblem, languageProblem } from "./intent.js";
import { IntentForm } from "./intent_form.js";
import { LayerPanel } from "./layer_panel.js";

/** ms of quiet before what is typed is asked. */
const QUIET_MS = 250;
/** ms between two looks at the breakers. */
const HEALTH_MS = 4000;

export function DecisionView({ asked, onAsk }: { asked: Asked; onAsk: (asked: Asked) => void }): JSX.Element {
  const settled = useDebounced(asked, QUIET_MS);
  const valid = languageProblem(settled.language) === null && allowProblem(settled.allow) === null;
  const { language, region, optimizeFor, allow } = settled;
  const loaded = useLoad(
    async () =>
      valid
        ? await speko.benchmarks.stack({ language, region, optimizeFor, allow: allowEntries(allow), explain: true })
        : null,
    [language, region, optimizeFor, allow],
  );
  useWhileVisible(
    () => {
      if (!loaded.loading) loaded.reload();
    },
    HEALTH_MS,
    valid,
  );
  return (
    <div class="stack">
      <IntentForm asked={asked} onAsk={onAsk} />
      <Unread title="The decision could not be read" problem={loaded.problem} retry={loaded.reload} />
      {loaded.data === null && <Notice tone="info">Correct the intent to see the decision.</Notice>}
      {loaded.data === undefined && loaded.loading && <Skeleton lines={8} label="Asking the router" />}
      {loaded.data && (
        <div class="layers" aria-busy={asked !== settled}>
          {decision(loaded.data).map((layer) => (
            <LayerPanel key={layer.layer} decision={layer} />
          ))}
          <p class="small faint">
            Scores count from 0 to 1 and only within their snapshot: the best of a set has 1 on an axis and the worst 0.
            Keys and health never change the ranking; who cannot be called is skipped. Health is read anew every few
            seconds.
          </p>
        </div>
      )}
    </div>
  );
}
