/** The names that the bodies of the gateway's document may have, as the compiler knows them. */

import type {
  ChatMessage,
  ChatTool,
  ChatToolCall,
  CompleteParams,
  PipelineConstraints,
  RealtimeTool,
  RoutingIntent,
  S2sParams,
  SessionParams,
  SynthesizeOptions,
  TurnInput,
} from "../../src/index.js";

type Names<T> = { [Key in keyof T]-?: true };

/** The names of a type's members: the compiler refuses a list that is not exactly this. */
const names = <T>(all: Names<T>): string[] => Object.keys(all);

/** Bodies, by their name in the document; where the type has more than this gateway reads, `more` names it. */
export const BODIES: Record<string, { all: string[]; more?: string[] }> = {
  ApiKeyBody: { all: names<{ name: string }>({ name: true }) },
  ChatTool: {
    all: names<ChatTool>({
      name: true,
      description: true,
      parameters: true,
      executionMode: true,
      source: true,
      preToolSpeech: true,
    }),
  },
  CompleteBody: {
    all: names<Omit<CompleteParams, "sessionId">>({
      messages: true,
      intent: true,
      systemPrompt: true,
      temperature: true,
      maxTokens: true,
      reasoningEffort: true,
      constraints: true,
      tools: true,
      toolChoice: true,
      parallelToolCalls: true,
      maxToolHops: true,
    }),
  },
  MessageBody: {
    all: names<ChatMessage>({ role: true, content: true, toolCalls: true, toolCallId: true, isError: true }),
  },
  PipelineConstraints: { all: names<PipelineConstraints>({ allowedProviders: true }) },
  RoutingIntent: { all: names<RoutingIntent>({ language: true, region: true, optimizeFor: true }) },
  S2sBody: {
    all: names<S2sParams>({
      provider: true,
      model: true,
      voice: true,
      systemPrompt: true,
      temperature: true,
      inputSampleRate: true,
      outputSampleRate: true,
      tools: true,
    }),
  },
  SessionBody: {
    all: names<SessionParams>({
      mode: true,
      agentId: true,
      intent: true,
      constraints: true,
      s2s: true,
      metadata: true,
      ttlSeconds: true,
      webhookTags: true,
      variables: true,
      toolSecrets: true,
      maxDurationSeconds: true,
      voice: true,
      systemPrompt: true,
      firstMessage: true,
      llm: true,
      ttsOptions: true,
      sttOptions: true,
      backgroundAudio: true,
      identity: true,
    }),
    // Of rooms, which this gateway does not serve yet.
    more: ["systemPrompt", "backgroundAudio", "identity"],
  },
  SynthesizeBody: {
    all: [
      "text",
      "intent",
      ...names<Omit<SynthesizeOptions, keyof RoutingIntent | "sessionId">>({
        voice: true,
        model: true,
        speed: true,
        sampleRate: true,
        instructions: true,
        spokenForm: true,
        constraints: true,
      }),
    ],
  },
  Tool: { all: names<RealtimeTool>({ name: true, description: true, parameters: true }) },
  ToolCall: { all: names<ChatToolCall>({ id: true, name: true, args: true }) },
  TurnBody: {
    all: names<TurnInput>({
      index: true,
      source: true,
      text: true,
      startedAt: true,
      endedAt: true,
      provider: true,
      model: true,
      eouMs: true,
      llmTtftMs: true,
      ttsTtfbMs: true,
      conversationalLatencyMs: true,
      latencyStatus: true,
      toolCalls: true,
    }),
  },
};
