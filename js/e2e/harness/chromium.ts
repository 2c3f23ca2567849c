/** A headless Chromium with a microphone that plays a file. */

import { type Browser, chromium } from "playwright-core";
import { chromiumPath } from "./paths.js";

export interface ChromiumOptions {
  /** What the microphone hears, from the first time it is opened; a WAV. Default: beeps. `null`: there is none. */
  microphone?: string | null;
  /** Whether it begins again at its end; default no. */
  loop?: boolean;
  /** Whether pages get the microphone without asking; default yes. */
  granted?: boolean;
  /** The program; default: this machine's Chromium. */
  program?: string;
  args?: string[];
}

// Without these it looks for its maker's hosts at every start.
const QUIET = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-gpu",
];

/** Starts a browser. Close it. */
export async function startChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const args = [...QUIET, ...(options.args ?? [])];
  if (options.microphone !== null) {
    args.push("--use-fake-device-for-media-stream");
  }
  if (options.granted !== false) {
    args.push("--use-fake-ui-for-media-stream");
  }
  if (options.microphone) {
    args.push(`--use-file-for-fake-audio-capture=${options.microphone}${options.loop ? "" : "%noloop"}`);
  }
  return chromium.launch({
    executablePath: options.program ?? chromiumPath(),
    headless: true,
    chromiumSandbox: process.getuid?.() !== 0,
    args,
  });
}
