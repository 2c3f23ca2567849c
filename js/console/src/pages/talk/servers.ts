/** Who would answer, in words. Pure. */

import type { ProviderRow, StackView } from "@spekoai/sdk";
import { type AgentStages, agentStages, type Engine, firstUsable, routesToAgent, type StageServer } from "./engines.js";

/** One line under the choice of an engine. */
export function serversOf(
  engine: Engine | undefined,
  stack: StackView | undefined,
  rows: readonly ProviderRow[] | undefined,
): string {
  if (engine === undefined || stack === undefined || rows === undefined) return "";
  if (engine.kind === "vendor") return "One model hears, thinks and speaks";
  if (engine.kind === "agent") return cascade(agentStages(stack, rows));
  const first = firstUsable(stack.s2s);
  if (first === undefined || routesToAgent(stack, rows)) return `Now: ${cascade(agentStages(stack, rows))}`;
  const name = rows.find((row) => row.key === first.providerId)?.name ?? first.providerId;
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
