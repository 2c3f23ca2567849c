/** The layers that vendors serve, and what they are called. */

import type { Modality } from "@spekoai/sdk";

export type Layer = Modality;

/** In the order of the console. */
export const LAYERS: readonly Layer[] = ["stt", "llm", "tts", "s2s"];

export const LAYER_NAMES: Readonly<Record<Layer, string>> = {
  stt: "Speech to text",
  llm: "Language model",
  tts: "Text to speech",
  s2s: "Speech to speech",
};
