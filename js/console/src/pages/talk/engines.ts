/** Whom one can talk to, from what the gateway says of its providers. Pure. */

import type { ProviderRow, StackEntry, StackLayer, StackView, Voice } from "@spekoai/sdk";
import { calledFirst } from "../../api/ranking.js";

/** Who answers. */
export interface Engine {
  /** `agent`, `routed`, or `provider/model`. */
  id: string;
  kind: "agent" | "vendor" | "routed";
  label: string;
  /** Both or neither. */
  provider?: string;
  model?: string;
  /** Why it cannot be used now; null when it can. */
  obstacle: string | null;
}

/** All of them, the gateway's own agent first. What no key opens yet is left out: the Providers page has it. */
export function enginesOf(rows: readonly ProviderRow[]): Engine[] {
  const own = ownAgent(rows);
  const vendors = rows.filter((row) => row.type === "s2s" && row.key !== own?.key && row.configured);
  const agent: Engine = {
    id: "agent",
    kind: "agent",
    label: "This gateway’s own agent",
    ...(own === undefined ? {} : { provider: own.key, model: own.model }),
    obstacle: own?.configured ? null : (own?.hint ?? "This gateway runs no voice agent of its own."),
  };
  const models = vendors.flatMap((row) =>
    row.models.map(
      (model): Engine => ({
        id: `${row.key}/${model.id}`,
        kind: "vendor",
        label: `${row.name} · ${model.id}`,
        provider: row.key,
        model: model.id,
        obstacle: null,
      }),
    ),
  );
  const isAny = agent.obstacle === null || models.length > 0;
  const routed: Engine = {
    id: "routed",
    kind: "routed",
    label: "Let routing choose",
    obstacle: isAny ? null : "There is no engine to choose from yet: paste a key on the Providers page.",
  };
  return [agent, ...models, routed];
}

/** The gateway's own voice agent, which is made of other models: one that hears, one that thinks, one that speaks. */
function ownAgent(rows: readonly ProviderRow[]): (ProviderRow & { model: string }) | undefined {
  for (const row of rows.filter((one) => one.type === "s2s")) {
    const model = row.models.find((one) => one.composite);
    if (model !== undefined) return { ...row, model: model.id };
  }
  return undefined;
}

/** The engine with this id; else the first that can be used, else the first. */
export function engineOf(engines: readonly Engine[], id: string): Engine | undefined {
  const usable = engines.filter((engine) => engine.obstacle === null);
  return usable.find((engine) => engine.id === id) ?? usable[0] ?? engines[0];
}

/** Who would do one of the agent's stages. */
export interface StageServer {
  provider: string;
  model: string;
  name: string;
  embedded: boolean;
}

/** Who would hear, think and speak; null where nobody would. */
export interface AgentStages {
  stt: StageServer | null;
  llm: StageServer | null;
  tts: StageServer | null;
}

/** Who would serve the gateway's own agent by a routing decision. */
export function agentStages(stack: StackView, rows: readonly ProviderRow[]): AgentStages {
  const server = (layer: "stt" | "llm" | "tts"): StageServer | null => {
    const first = firstUsable(stack[layer]);
    if (first === undefined) return null;
    const row = rows.find((other) => other.key === first.providerId && other.type === layer);
    return {
      provider: first.providerId,
      model: first.modelId,
      name: row?.name ?? first.providerId,
      embedded: row?.embedded ?? false,
    };
  };
  return { stt: server("stt"), llm: server("llm"), tts: server("tts") };
}

/** The stages that this gateway's embedded engines would serve if one talked to `engine`. */
export function embeddedStages(
  engine: Engine | undefined,
  stack: StackView,
  rows: readonly ProviderRow[],
): Array<keyof AgentStages> {
  const isAgent = engine?.kind === "agent" || (engine?.kind === "routed" && routesToAgent(stack, rows));
  if (!isAgent) return [];
  const stages = agentStages(stack, rows);
  return (["stt", "llm", "tts"] as const).filter((layer) => stages[layer]?.embedded);
}

/** Routing would take the gateway's own agent: no speech-to-speech model can be called. */
export function routesToAgent(stack: StackView, rows: readonly ProviderRow[]): boolean {
  const first = firstUsable(stack.s2s);
  return first === undefined || first.providerId === ownAgent(rows)?.key;
}

/** Who routing would call first, of a layer. */
export function firstUsable(layer: StackLayer | null): StackEntry | undefined {
  if (layer === null) return undefined;
  const entries = [layer, ...layer.runnersUp];
  return entries[calledFirst(entries)];
}

/** The voices that the agent can speak with: those of whoever would speak. */
export function voicesFor(stages: AgentStages | undefined, voices: readonly Voice[]): Voice[] {
  const speaker = stages?.tts?.provider;
  return speaker === undefined ? [] : voices.filter((voice) => voice.vendor === speaker);
}
