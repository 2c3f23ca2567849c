/**
 * The agent's voice between the network, which gives it in bursts, and the loudspeaker, which takes it steadily.
 *
 * No clock, no timers: time passes by what the loudspeaker takes.
 */

import { Resampler } from "./resampler.js";
import { SampleQueue } from "./sample_queue.js";

/** What must wait before an answer begins, unless as much time has passed since its first samples came. */
const LEAD_MS = 20;
/** What the lead grows to, doubling each time that an answer runs dry. */
const LONGEST_LEAD_MS = 200;
/** Sound without running dry after which the lead is halved. */
const STEADY_MS = 5_000;
/** Silence that is still the same answer being played. */
const GAP_MS = 150;
/** Silence after which more sound is the speaker going on, and not the rest of what came late: a network that is late by
 * more than this is not helped by any lead, and the answer after a pause would begin later for it. */
const PAUSE_MS = 250;
/** How long sound takes to come and go where it is cut, so that it does not click. */
const FADE_MS = 3;
/** The render quantum of every browser, in samples: nothing is heard longer than this after `flush`. */
const QUANTUM = 128;
/** What may wait. Beyond it the oldest is dropped, so that `played` + `dropped` is always the place in the stream. */
const LONGEST_MS = 600_000;

/** A queue that takes Int16 samples at one rate in Hz and gives float samples at another. */
export class Playout {
  /** Samples of the input, since the start: those that left, and those that were thrown away. */
  played = 0;
  dropped = 0;
  /** Sound leaves, or did so less than `GAP_MS` ago, or comes again as soon as enough of it waits. */
  playing = false;

  readonly #queue = new SampleQueue();
  readonly #resampler: Resampler;
  readonly #perMs: number;
  readonly #fade: number;
  readonly #decay: number;
  /** Inputs of one rendering. */
  #inputs = new Float32Array(QUANTUM);
  /** Samples are taken from the queue. All counts of time from here on are in samples of the input. */
  #running = false;
  #lead: number;
  /** Since the first sample came that waits for the lead. */
  #waited = 0;
  /** Since the last sample left. */
  #silence = Number.POSITIVE_INFINITY;
  /** That have left since it last ran dry. */
  #steady = 0;
  /** Samples until the sound has come up again after it ran dry. */
  #rising = 0;
  /** The last input: it dies away where no other comes. */
  #last = 0;
  /** The end of what was cut off: it goes out before anything else. */
  readonly #end: Float32Array;
  #ending = false;

  constructor(fromRate: number, toRate: number) {
    this.#resampler = new Resampler(fromRate, toRate);
    this.#perMs = fromRate / 1000;
    this.#lead = LEAD_MS * this.#perMs;
    this.#fade = Math.round(FADE_MS * this.#perMs);
    this.#decay = Math.exp(-4 / this.#fade);
    this.#end = new Float32Array(Math.min(QUANTUM, Math.floor((FADE_MS * toRate) / 1000)));
  }

  push(samples: Int16Array): void {
    if (samples.length === 0) {
      return;
    }
    if (!this.#running && this.#queue.length === 0) {
      this.#waited = 0;
      if (this.#silence < PAUSE_MS * this.#perMs) {
        this.#ranDry();
      }
    }
    this.#queue.push(samples);
    this.dropped += this.#queue.skip(Math.max(0, this.#queue.length - LONGEST_MS * this.#perMs));
  }

  /** Fills `out` with the next samples; with silence where there are none. */
  pull(out: Float32Array): void {
    if (this.#ending) {
      this.#ending = false;
      out.fill(0);
      out.set(this.#end.subarray(0, out.length));
      return;
    }
    const inputs = this.#resampler.needed(out.length);
    if (!this.#running) {
      this.#rest(inputs);
    }
    if (this.#audible()) {
      this.#render(out, inputs);
    } else {
      out.fill(0);
    }
    if (!this.#running) {
      this.#silence += inputs;
      this.playing &&= this.#queue.length > 0 || this.#silence < GAP_MS * this.#perMs;
    }
  }

  /** Drops what waits. What is being heard fades within the next render quantum. */
  flush(): void {
    if (this.#audible()) {
      this.#render(this.#end, this.#resampler.needed(this.#end.length));
      for (let i = 0; i < this.#end.length; i++) {
        this.#end[i] = (this.#end[i] ?? 0) * (1 - (i + 1) / this.#end.length);
      }
      this.#ending = true;
    }
    this.dropped += this.#queue.skip(this.#queue.length);
    this.#resampler.reset();
    this.#last = 0;
    this.#running = false;
    this.#silence = Number.POSITIVE_INFINITY;
    this.playing = false;
  }

  /** What has ended rings on for a moment, in the filter and by its fading. */
  #audible(): boolean {
    return this.#running || this.#silence < 4 * this.#fade;
  }

  /** Time passes without sound: is enough there to begin, and to fill what is asked for? */
  #rest(inputs: number): void {
    const waiting = this.#queue.length;
    if (waiting > 0 && (waiting >= Math.max(this.#lead, inputs) || this.#waited >= this.#lead)) {
      this.#running = true;
      this.playing = true;
    } else if (waiting > 0) {
      this.#waited += inputs;
    }
  }

  #render(out: Float32Array, inputs: number): void {
    if (this.#inputs.length < inputs) {
      this.#inputs = new Float32Array(inputs);
    }
    const taken = this.#running ? this.#queue.read(this.#inputs, inputs) : 0;
    for (let i = 0; i < taken && this.#rising > 0; i++, this.#rising--) {
      this.#inputs[i] = (this.#inputs[i] ?? 0) * (1 - this.#rising / this.#fade);
    }
    this.#left(taken);
    if (taken > 0) {
      this.#last = this.#inputs[taken - 1] ?? 0;
    }
    for (let i = taken; i < inputs; i++) {
      this.#last *= this.#decay;
      this.#inputs[i] = this.#last;
    }
    if (this.#running && taken < inputs) {
      this.#running = false;
      this.#silence = 0;
    }
    this.#resampler.process(this.#inputs, inputs, out);
  }

  #left(samples: number): void {
    this.played += samples;
    this.#steady += samples;
    if (this.#steady >= STEADY_MS * this.#perMs) {
      this.#steady = 0;
      this.#lead = Math.max(this.#lead / 2, LEAD_MS * this.#perMs);
    }
  }

  #ranDry(): void {
    this.#steady = 0;
    this.#rising = this.#fade;
    this.#lead = Math.min(this.#lead * 2, LONGEST_LEAD_MS * this.#perMs);
  }
}
