/** What the main thread and the worklet say to each other. */

export const CAPTURE = "speko-capture";
export const PLAYOUT = "speko-playout";

/** Rates in Hz of the samples that travel: `processorOptions` of both. */
export interface SoundRates {
  inputSampleRate: number;
  outputSampleRate: number;
}

/** To the capture, which answers with frames: ArrayBuffers. */
export type CaptureCommand = "mute" | "unmute" | "close";

/** To the playout, which answers with `PlaybackReport`s: samples, or what to do. */
export type PlayoutCommand = ArrayBuffer | "flush" | "close";
