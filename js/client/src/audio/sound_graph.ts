/** The audio graph of a conversation: microphone → capture, and playout → volume → meter → loudspeaker. */

import { Level, rms } from "./levels.js";
import type { SoundNodes } from "./sound_nodes.js";

/** Of a change of the volume, in seconds: no click. */
const VOLUME_RAMP = 0.015;
/** Samples that the meter looks at: 21 ms at 48 kHz. */
const METER = 1024;

/** Everything between the two ends, wired up. */
export class SoundGraph {
  readonly nodes: SoundNodes;
  readonly #context: AudioContext;
  readonly #microphone: MediaStreamAudioSourceNode;
  readonly #volume: GainNode;
  readonly #meter: AnalyserNode;
  readonly #window = new Float32Array(METER);
  readonly #level = new Level();

  /** `makeNodes` is called last: what throws before it leaves nothing that must be closed. */
  constructor(context: AudioContext, stream: MediaStream, volume: number, makeNodes: () => SoundNodes) {
    this.#context = context;
    this.#microphone = context.createMediaStreamSource(stream);
    this.#volume = context.createGain();
    this.#volume.gain.value = volume;
    this.#meter = context.createAnalyser();
    this.#meter.fftSize = METER;
    this.nodes = makeNodes();
    this.#microphone.connect(this.nodes.capture).connect(context.destination);
    this.nodes.playout.connect(this.#volume).connect(this.#meter).connect(context.destination);
  }

  setVolume(volume: number): void {
    this.#volume.gain.setTargetAtTime(volume, this.#context.currentTime, VOLUME_RAMP / 3);
  }

  /** Loudness of what leaves, 0 to 1; `now` in ms. */
  level(now: number): number {
    this.#meter.getFloatTimeDomainData(this.#window);
    this.#level.add(rms(this.#window, 1), now);
    return this.#level.at(now);
  }

  /** From a sample's leaving the playout to its being heard, as far as the browser says. */
  get latencyMs(): number {
    const { baseLatency, outputLatency } = this.#context;
    return 1000 * ((baseLatency || 0) + (outputLatency || 0));
  }

  close(): void {
    this.#microphone.disconnect();
    this.nodes.close();
    this.#volume.disconnect();
    this.#meter.disconnect();
  }
}
