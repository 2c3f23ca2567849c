/** Turns as the gateway tells them. */

import type { TurnStage, TurnTiming } from "@spekoai/sdk";
import type { AttemptFacts } from "../../src/pages/sessions/attribution.js";

export const CASCADE = { isCascade: true, greets: false };

/** Noon of some day, plus so many ms. */
export function at(ms: number): string {
  return new Date(Date.UTC(2026, 10, 21, 12) + ms).toISOString();
}

export function stage(name: string, ms: number, provider: string | null = null): TurnStage {
  return { stage: name, ms, provider, model: provider && `${provider}-model` };
}

/** A turn of the cascade that began so many ms after noon. */
export function cascadeTurn(index: number, begins: number): TurnTiming {
  return {
    index,
    startedAt: at(begins),
    interrupted: false,
    stages: [
      stage("speech_started", -2000),
      stage("speech_ended", 288),
      stage("stt_final", 300, "hears"),
      stage("llm_first_token", 500, "thinks"),
      stage("tts_first_byte", 620, "speaks"),
      stage("first_audio", 625, "speko"),
      stage("response_done", 4000, "speko"),
    ],
  };
}

/** A call that began so many ms after noon. */
export function attempt(modality: string, begins: number, outcome = "served", costMicroUsd = "10"): AttemptFacts {
  return { modality, outcome, startedAt: at(begins), costMicroUsd };
}
