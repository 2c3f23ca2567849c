/** Samples on the audio thread: nothing that the page does makes them late. */

import type { PlaybackReport } from "./playback.js";
import type { SoundEvents, SoundNodes } from "./sound_nodes.js";
import { CAPTURE, type CaptureCommand, PLAYOUT, type PlayoutCommand, type SoundRates } from "./worklet_messages.js";

/** The worklet's module must have been added to `context`. */
export function workletNodes(context: AudioContext, rates: SoundRates, events: SoundEvents): SoundNodes {
  const options: AudioWorkletNodeOptions = {
    numberOfInputs: 1,
    outputChannelCount: [1],
    channelCount: 1,
    channelCountMode: "explicit",
    processorOptions: rates,
  };
  const capture = new AudioWorkletNode(context, CAPTURE, options);
  const playout = new AudioWorkletNode(context, PLAYOUT, { ...options, numberOfInputs: 0 });
  const failed = () => events.onFailure(new Error("The audio worklet failed."));
  capture.onprocessorerror = failed;
  playout.onprocessorerror = failed;
  capture.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => events.onFrame(data);
  playout.port.onmessage = ({ data }: MessageEvent<PlaybackReport>) => events.onReport(data);
  const tellCapture = (command: CaptureCommand) => capture.port.postMessage(command);
  const tellPlayout = (command: PlayoutCommand, transfer: ArrayBuffer[] = []) =>
    playout.port.postMessage(command, transfer);
  return {
    capture,
    playout,
    play: (pcm) => tellPlayout(pcm, [pcm]),
    flush: () => tellPlayout("flush"),
    setMuted: (muted) => tellCapture(muted ? "mute" : "unmute"),
    close: () => {
      tellCapture("close");
      tellPlayout("close");
      for (const node of [capture, playout]) {
        node.onprocessorerror = null;
        node.port.onmessage = null;
        node.port.close();
        node.disconnect();
      }
    },
  };
}
