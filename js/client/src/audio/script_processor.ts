/** Samples on the main thread, where there is no AudioWorklet. */

import { Framer } from "./framer.js";
import { Playback } from "./playback.js";
import type { SoundEvents, SoundNodes } from "./sound_nodes.js";
import type { SoundRates } from "./worklet_messages.js";

/** Samples at a time: 21 ms at 48 kHz, and 43 ms. Playback has no second chance when the page is late. */
const CAPTURE_BUFFER = 1024;
const PLAYOUT_BUFFER = 2048;

/** The same as the worklet's processors do; a busy page makes it stutter. */
export function scriptNodes(context: AudioContext, rates: SoundRates, events: SoundEvents): SoundNodes {
  const framer = new Framer(context.sampleRate, rates.inputSampleRate, (frame) => events.onFrame(frame));
  const playback = new Playback(rates.outputSampleRate, context.sampleRate, (report) => events.onReport(report));
  const capture = context.createScriptProcessor(CAPTURE_BUFFER, 1, 1);
  const playout = context.createScriptProcessor(PLAYOUT_BUFFER, 1, 1);
  let muted = false;
  capture.onaudioprocess = ({ inputBuffer }) => {
    if (!muted) {
      framer.push(inputBuffer.getChannelData(0));
    }
  };
  playout.onaudioprocess = ({ outputBuffer }) => playback.pull(outputBuffer.getChannelData(0));
  return {
    capture,
    playout,
    play: (pcm) => playback.push(pcm),
    flush: () => playback.flush(),
    setMuted: (on) => {
      muted = on;
      framer.reset();
    },
    close: () => {
      for (const node of [capture, playout]) {
        node.onaudioprocess = null;
        node.disconnect();
      }
    },
  };
}
