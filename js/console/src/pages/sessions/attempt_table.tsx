/** Calls of vendors: whom, how it went, how long it took, what it cost. */

import type { Attempt } from "@spekoai/sdk";
import type { JSX } from "preact";
import { PART_NAMES } from "../../turn/parts.js";
import { Badge, type Column, duration, Money, Table } from "../../ui/index.js";
import type { Placed } from "./attribution.js";
import { epoch } from "./waterfall.js";
import { humanised, outcomeWords } from "./words.js";

/** Each layer does one part of a turn. */
const LAYERS: Record<string, string> = {
  stt: PART_NAMES.recognition,
  llm: PART_NAMES.model,
  tts: PART_NAMES.synthesis,
  s2s: PART_NAMES.engine,
};

/** `since`: times count from there; without it, from the zero of the calls' turn. */
export function AttemptTable(props: {
  label: string;
  calls: readonly Placed<Attempt>[];
  since?: string | undefined;
}): JSX.Element {
  const start = epoch(props.since);
  const columns: Column<Placed<Attempt>>[] = [
    {
      key: "call",
      header: "Call",
      cell: ({ attempt }) => (
        <>
          <span class={`layer-key layer-${attempt.modality}`}>{LAYERS[attempt.modality] ?? attempt.modality}</span>{" "}
          <span class="soft">{attempt.provider}</span> {attempt.model}
        </>
      ),
    },
    { key: "outcome", header: "Outcome", cell: ({ attempt }) => <Outcome attempt={attempt} /> },
    {
      key: "at",
      header: "Began",
      align: "end",
      cell: ({ attempt, atMs }) => {
        const at = start === null ? atMs : (epoch(attempt.startedAt) ?? Number.NaN) - start;
        return at === null || Number.isNaN(at) ? "–" : `${at < 0 ? "−" : "+"}${duration(Math.abs(at))}`;
      },
    },
    {
      key: "first",
      header: "First byte",
      align: "end",
      cell: ({ attempt }) => (attempt.firstByteMs === null ? "–" : duration(attempt.firstByteMs)),
    },
    { key: "total", header: "Total", align: "end", cell: ({ attempt }) => duration(attempt.totalMs) },
    {
      key: "cost",
      header: "Cost",
      align: "end",
      cell: ({ attempt }) => (
        <span title={attempt.usageEstimated ? "Estimated: the vendor did not say how much it was" : undefined}>
          {attempt.usageEstimated && "≈ "}
          <Money microUsd={attempt.costMicroUsd} />
        </span>
      ),
    },
  ];
  return (
    <div class="calls">
      <Table
        label={props.label}
        columns={columns}
        rows={props.calls}
        rowKey={({ attempt }) =>
          `${attempt.startedAt}|${attempt.modality}|${attempt.position}|${attempt.provider}|${attempt.model}`
        }
      />
    </div>
  );
}

function Outcome({ attempt }: { attempt: Attempt }): JSX.Element {
  const { words, tone } = outcomeWords(attempt.outcome);
  const cause = attempt.cause === null ? "" : humanised(attempt.cause);
  const text = [cause, attempt.message ?? (attempt.status === null ? "" : `status ${attempt.status}`)]
    .filter((part) => part !== "")
    .join(": ");
  return (
    <span class="outcome">
      <Badge tone={tone}>{words}</Badge>
      {text !== "" && <span class="small soft">{text}</span>}
    </span>
  );
}
