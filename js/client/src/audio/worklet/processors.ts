/** The audio thread's part. Thin: what it does with samples is in Framer and Playback. */

import { Framer } from "../framer.js";
import { Playback } from "../playback.js";
import { CAPTURE, type CaptureCommand, PLAYOUT, type PlayoutCommand, type SoundRates } from "../worklet_messages.js";

interface NodeOptions {
  processorOptions: SoundRates;
}

/** The microphone: frames go out by the port. Its output stays silent. */
class CaptureProcessor extends AudioWorkletProcessor implements AudioWorkletProcessorImpl {
  readonly #framer: Framer;
  #state: CaptureCommand = "unmute";

  constructor({ processorOptions }: NodeOptions) {
    super();
    this.#framer = new Framer(sampleRate, processorOptions.inputSampleRate, (frame) =>
      this.port.postMessage(frame, [frame]),
    );
    this.port.onmessage = ({ data }: MessageEvent<CaptureCommand>) => {
      this.#state = data;
      this.#framer.reset();
    };
  }

  process(inputs: Float32Array[][]): boolean {
    const block = inputs[0]?.[0];
    if (block !== undefined && this.#state === "unmute") {
      this.#framer.push(block);
    }
    return this.#state !== "close";
  }
}

/** The agent's voice: samples come in by the port. */
class PlayoutProcessor extends AudioWorkletProcessor implements AudioWorkletProcessorImpl {
  readonly #playback: Playback;
  #open = true;

  constructor({ processorOptions }: NodeOptions) {
    super();
    this.#playback = new Playback(processorOptions.outputSampleRate, sampleRate, (report) =>
      this.port.postMessage(report),
    );
    this.port.onmessage = ({ data }: MessageEvent<PlayoutCommand>) => {
      if (data === "close") {
        this.#open = false;
      } else if (data === "flush") {
        this.#playback.flush();
      } else {
        this.#playback.push(data);
      }
    };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const out = outputs[0]?.[0];
    if (out !== undefined && this.#open) {
      this.#playback.pull(out);
    }
    return this.#open;
  }
}

registerProcessor(CAPTURE, CaptureProcessor);
registerProcessor(PLAYOUT, PlayoutProcessor);
