/** Conversations as the gateway tells them, with times of this browser's clock. */

import type { TurnInput, Turns, TurnTimes } from "../../src/pages/talk/turn_times.js";
import { NO_TURNS, take } from "../../src/pages/talk/turn_times.js";

/** A stage: told at `at`, counting `ms` from the user's end of speech. */
export function stage(at: number, name: string, ms: number, provider?: string, model?: string): TurnInput {
  return { type: "stage", at, stage: name, ms, ...(provider ? { provider } : {}), ...(model ? { model } : {}) };
}

/** The user speaks from `from` to `to`; endpointing notices after 288 ms. */
export function speech(from: number, to: number, said: string): TurnInput[] {
  return [
    stage(from + 300, "speech_started", -300),
    { type: "said", at: to - 100, text: said.slice(0, -2) },
    stage(to + 288, "speech_ended", 288),
    stage(to + 290, "stt_final", 290, "pocketsphinx", "en-us"),
    { type: "said", at: to + 291, text: said },
  ];
}

/** The answer to a turn that ended at `zero`, heard from `zero + 380` on for `length` ms. */
export function answer(zero: number, length: number): TurnInput[] {
  return [
    stage(zero + 331, "llm_first_token", 295, "speko", "rules"),
    stage(zero + 332, "tts_first_byte", 330, "flite", "flite"),
    stage(zero + 345, "first_audio", 340, "speko", "cascade"),
    { type: "mode", at: zero + 380, mode: "speaking" },
    { type: "mode", at: zero + 380 + length, mode: "listening" },
    stage(zero + 390 + length, "response_done", 385 + length, "speko", "cascade"),
  ];
}

export function told(...inputs: readonly TurnInput[]): Turns {
  return inputs.reduce(take, NO_TURNS);
}

/** The turn at `index`, from the end where it is negative. */
export function turnAt(turns: Turns, index: number): TurnTimes {
  const turn = turns.all.at(index);
  if (turn === undefined) throw new Error(`there are only ${turns.all.length} turns`);
  return turn;
}
