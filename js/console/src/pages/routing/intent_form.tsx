/** What is asked for. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Fold, Panel, Select, TextField } from "../../ui/index.js";
import { type Asked, allowEntries, allowProblem, languageProblem, OPTIMIZE, REGIONS } from "./intent.js";

const OPTIMIZE_NAMES: Record<string, string> = {
  balanced: "Balanced",
  accuracy: "Accuracy",
  latency: "Latency",
  cost: "Cost",
};

export function IntentForm({ asked, onAsk }: { asked: Asked; onAsk: (asked: Asked) => void }): JSX.Element {
  const regions: string[] = [...REGIONS];
  if (!regions.includes(asked.region)) regions.push(asked.region);
  const entries = allowEntries(asked.allow).length;
  // Once: a fold that closed because its last entry went would take the field from under the fingers.
  const [opened] = useState(entries > 0);
  return (
    <Panel title="Intent">
      <div class="intent-fields">
        <TextField
          label="Language"
          value={asked.language}
          onInput={(language) => onAsk({ ...asked, language })}
          error={languageProblem(asked.language)}
          maxLength={16}
          placeholder="en"
        />
        <Select
          label="Region"
          value={asked.region}
          choices={regions.map((region) => ({ value: region, label: region }))}
          onChange={(region) => onAsk({ ...asked, region })}
        />
        <Select
          label="Optimize for"
          value={asked.optimizeFor}
          choices={OPTIMIZE.map((preset) => ({ value: preset, label: OPTIMIZE_NAMES[preset] ?? preset }))}
          onChange={(value) =>
            onAsk({ ...asked, optimizeFor: OPTIMIZE.find((preset) => preset === value) ?? "balanced" })
          }
        />
      </div>
      <Fold summary={entries === 0 ? "Only some providers" : `Only some providers (${entries})`} open={opened}>
        <TextField
          label="Allow"
          value={asked.allow}
          onInput={(allow) => onAsk({ ...asked, allow })}
          error={allowProblem(asked.allow)}
          placeholder="llm:openai tts:elevenlabs:eleven_flash_v2_5"
          hint="Entries as layer:vendor or layer:vendor:model, apart by blanks. A layer without an entry is not restricted."
        />
      </Fold>
    </Panel>
  );
}
