/** Recordings of speech for the fake microphone. */

import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PYTHON } from "./paths.js";

export type Segment = { say: string } | { silence: number };

export interface Recording {
  path: string;
  seconds: number;
  /** Start and end of each sentence, in seconds. */
  spoken: [number, number][];
}

/** Chromium reads the microphone's file at its own rate when it has the usual one. */
export const MICROPHONE_RATE = 48_000;

/** Writes a WAV of these sentences and pauses. */
export function record(segments: Segment[], rate = MICROPHONE_RATE): Recording {
  const path = join(mkdtempSync(join(tmpdir(), "speko-speech-")), "speech.wav");
  const script = fileURLToPath(new URL("./speech.py", import.meta.url));
  const made = spawnSync(PYTHON, [script, path, String(rate)], { input: JSON.stringify(segments), encoding: "utf8" });
  if (made.status !== 0) {
    throw new Error(`no speech was made: ${made.stderr}`);
  }
  return { path, ...JSON.parse(made.stdout) };
}
