/** Who would answer, in words. Pure. */

import type { ProviderRow, StackView } from "@spekoai/sdk";
import { type AgentStages, type Engine, firstUsable, type StageServer } from "./engines.js";

/** One line under the choice of an engine. */
export function serversOf(
  engine: Engine | undefined,
  stack: StackView | undefined,
  stages: AgentStages | undefined,
  rows: readonly ProviderRow[] | undefined,
): string {
  if (engine === undefined || stack === undefined || stages === undefined) return "";
  if (engine.kind === "vendor") return "One model hears, thinks and speaks";
  if (engine.kind === "agent") return cascade(stages);
  const first = firstUsable(stack.s2s);
  if (first === undefined || first.providerId === "speko") return `Now: this gateway’s own agent. ${cascade(stages)}`;
  const name = rows?.find((row) => row.key === first.providerId)?.name ?? first.providerId;
  return `Now: ${name} · ${first.modelId}`;
}

function cascade(stages: AgentStages): string {
  const named = (stage: StageServer | null): string => (stage === null ? "nobody" : stage.name);
  return `${named(stages.stt)} hears, ${thinker(stages.llm)} thinks, ${named(stages.tts)} speaks`;
}

function thinker(stage: StageServer | null): string {
  if (stage === null) return "nobody";
  return stage.embedded ? "a set of rules" : `${stage.name} ${stage.model}`;
}
