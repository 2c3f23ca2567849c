/**
 * How much of the agent's answers was heard, as the gateway wants to know it: in milliseconds of the newest answer.
 *
 * The sound that comes is one stream, and places in it are samples that were given to the loudspeaker's queue. An answer
 * begins with the first sound after the end of the one before. What the loudspeaker says is a count of samples over all
 * of them; an answer's part is what it says beyond the answer's beginning, less what was thrown away before that.
 */

import type { PlaybackProgress } from "../audio/audio_io.js";

/** How often the gateway is told, while sound is playing. */
const REPORT_MS = 200;

interface Answer {
  /** Its first sample's place in the stream. */
  start: number;
  /** Samples of it that were heard before that, over a socket that was lost. */
  before: number;
  /** Samples of the stream before it that were thrown away; undefined until that is known. */
  dropped: number | undefined;
  /** What comes now is the rest of it, over another socket. */
  resumed: boolean;
  /** The gateway has said that it begins. */
  announced: boolean;
  /** What the gateway was told last, in ms. */
  told: number;
}

interface Flush {
  /** The place in the stream. */
  at: number;
  /** Whose end, or whose place to go on from, this is. */
  answer: Answer | undefined;
  resumes: boolean;
}

/** The stream of one conversation. `rate`: Hz. */
export class Heard {
  readonly #rate: number;
  #given = 0;
  #progress: PlaybackProgress = { played: 0, dropped: 0, playing: false, latencyMs: 0 };
  /** The newest answer of which sound came. */
  #answer: Answer | undefined;
  /** That one is over: the next sound begins another. */
  #over = true;
  #announced = false;
  /** The stream's place since which it is not known where one answer ends and the next begins. */
  #unclearFrom: number | undefined;
  /** Not confirmed by the loudspeaker. */
  readonly #flushes: Flush[] = [];

  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Everything that was flushed is known to be silent. */
  get settled(): boolean {
    return this.#flushes.length === 0;
  }

  /** A flush is waited for, from whose place the gateway goes on. */
  get resuming(): boolean {
    return this.#flushes.some((flush) => flush.resumes);
  }

  /** The next sound, in samples. */
  sound(samples: number): void {
    if (this.resuming) {
      // The gateway goes on without having been told from where.
      this.#unclearFrom = this.#given;
    }
    for (const flush of this.#flushes) {
      flush.answer = undefined; // by the gateway's count this would be about the answer that begins now
      flush.resumes = false;
    }
    if (this.#over && this.#unclearFrom === undefined) {
      const dropped = this.settled ? this.#progress.dropped : undefined;
      const announced = this.#announced;
      this.#answer = { start: this.#given, before: 0, dropped, resumed: false, announced, told: 0 };
      this.#over = this.#announced = false;
    }
    this.#given += samples;
  }

  /** The gateway says that an answer begins. It may do so just before the first sound, just after it, or after all that
   * was kept for a client that was away, and only of the first answer of a turn. So what counts is mostly the end of the
   * answer before, and this is for gateways that tell no ends. */
  announced(): void {
    if (this.#unclearFrom !== undefined) {
      if (this.#unclearFrom === this.#given) {
        this.#unclearFrom = undefined;
        this.#over = this.#announced = true;
      }
    } else if (!this.#over && this.#answer !== undefined && !this.#answer.announced) {
      this.#answer.announced = true;
    } else {
      this.#over = this.#announced = true;
    }
  }

  /** The gateway says that the answer is over. */
  done(): void {
    const away = this.resuming || (this.#answer?.resumed === true && this.#answer.start === this.#given);
    // Told of before any more of its sound: another answer has begun while we were away, and what comes is the rest of
    // this one with that one behind it.
    const unclear = away && (!this.#over || this.#unclearFrom !== undefined);
    this.#unclearFrom = unclear ? this.#given : undefined;
    this.#over = true;
  }

  /** The gateway says that the answer is not to be heard any further; the queue is flushed now. */
  interrupted(): void {
    const known = !this.#over && this.#unclearFrom === undefined && !this.resuming;
    this.#flushes.push({ at: this.#given, answer: known ? this.#answer : undefined, resumes: false });
    this.#answer = this.#unclearFrom = undefined;
    this.#over = true;
    this.#announced = false;
  }

  /** Another socket has taken over. Returns whether there is a queue to be flushed now. */
  attached(): boolean {
    const fresh = this.#given > 0 && !this.resuming;
    if (fresh) {
      const known = this.#unclearFrom === undefined;
      this.#flushes.push({ at: this.#given, answer: known ? this.#answer : undefined, resumes: true });
    }
    return fresh;
  }

  /** What the gateway was told last, it may not have got. */
  tellAgain(): void {
    if (this.#answer !== undefined) {
      this.#answer.told = 0;
    }
  }

  /** What the loudspeaker says. Returns what the gateway is to be told, in ms. */
  progress(progress: PlaybackProgress): number[] {
    this.#progress = progress;
    const told: number[] = [];
    const place = progress.played + progress.dropped;
    let flush = this.#flushes[0];
    while (flush !== undefined && place >= flush.at - this.#rate / 100) {
      this.#flushes.shift();
      const ms = flush.answer === undefined ? undefined : this.#flushed(flush.answer, flush);
      if (ms !== undefined) {
        told.push(ms);
      }
      flush = this.#flushes[0];
    }
    const ms = this.#regular(progress, place);
    return ms === undefined ? told : [...told, ms];
  }

  #flushed(answer: Answer, flush: Flush): number | undefined {
    const heard = Math.min(this.#heard(answer), flush.at - answer.start + answer.before);
    if (!flush.resumes) {
      const ms = this.#ms(heard) - this.#progress.latencyMs;
      answer.told = Math.max(answer.told, Math.round(ms), 0);
      return answer.told;
    }
    // What has left for the loudspeaker will be heard: the rest has to follow it without a gap.
    answer.told = Math.max(answer.told, Math.round(this.#ms(heard) * 1000) / 1000);
    if (!this.#over) {
      this.#answer = { ...answer, start: flush.at, before: heard, dropped: this.#progress.dropped, resumed: true };
    }
    return answer.told;
  }

  #regular(progress: PlaybackProgress, place: number): number | undefined {
    const answer = this.#answer;
    if (!this.settled || answer === undefined || this.#unclearFrom !== undefined) {
      return undefined;
    }
    answer.dropped ??= progress.dropped;
    const heard = this.#heard(answer);
    const end = !progress.playing && place >= this.#given;
    const ms = Math.round(this.#ms(heard) - (end ? 0 : progress.latencyMs));
    const due = end ? ms > answer.told : ms >= answer.told + REPORT_MS;
    if (heard <= answer.before || !due) {
      return undefined;
    }
    answer.told = ms;
    return ms;
  }

  #heard(answer: Answer): number {
    if (answer.dropped === undefined) {
      return 0;
    }
    return answer.before + Math.max(0, this.#progress.played - (answer.start - answer.dropped));
  }

  #ms(samples: number): number {
    return (samples * 1000) / this.#rate;
  }
}
