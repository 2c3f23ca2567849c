/** Recordings of speech for the fake microphone. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PYTHON, RECORDINGS } from "./paths.js";

export type Segment = { say: string } | { silence: number };

export interface Recording {
  path: string;
  seconds: number;
  /** Start and end of each sentence, in seconds. */
  spoken: [number, number][];
}

/** Chromium reads the microphone's file at its own rate when it has the usual one. */
export const MICROPHONE_RATE = 48_000;

const SCRIPT = fileURLToPath(new URL("./speech.py", import.meta.url));

/** A WAV of these sentences and pauses, which is made once and kept. */
export function record(segments: Segment[], rate = MICROPHONE_RATE): Recording {
  const wanted = JSON.stringify([segments, rate]);
  const name = createHash("sha256").update(wanted).update(readFileSync(SCRIPT)).digest("hex").slice(0, 16);
  const path = `${RECORDINGS}${name}.wav`;
  const marks = `${RECORDINGS}${name}.json`;
  if (!existsSync(marks)) {
    make(segments, rate, path, marks);
  }
  return { path, ...JSON.parse(readFileSync(marks, "utf8")) };
}

/** Under other names first: another run may be looking for the same. */
function make(segments: Segment[], rate: number, path: string, marks: string): void {
  mkdirSync(RECORDINGS, { recursive: true });
  const half = `${path}.${process.pid}`;
  const made = spawnSync(PYTHON, [SCRIPT, half, String(rate)], { input: JSON.stringify(segments), encoding: "utf8" });
  if (made.status !== 0) {
    throw new Error(`no speech was made: ${made.stderr}`);
  }
  renameSync(half, path);
  writeFileSync(half, made.stdout);
  renameSync(half, marks);
}
