/** All that a test of the browser's sound needs: the browser, what is asked of it, and what comes of that. */

import { vi } from "vitest";
import type { AudioIO, AudioSettings, PlaybackProgress } from "../../src/audio/audio_io.js";
import { type BrowserAudioOptions, createBrowserAudio } from "../../src/audio/browser_audio.js";
import { FakeBrowser } from "./browser_fakes.js";

/** Stands in the place of the browser and of its clock until `end`. */
export class BrowserWorld {
  readonly browser = new FakeBrowser();
  readonly frames: ArrayBuffer[] = [];
  readonly progress: PlaybackProgress[] = [];
  readonly problems: Error[] = [];

  constructor() {
    vi.useFakeTimers();
    this.browser.install();
  }

  end(): void {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  }

  create(settings: Partial<AudioSettings> = {}, options: BrowserAudioOptions = {}): AudioIO {
    return createBrowserAudio(options)(
      { inputSampleRate: 16_000, outputSampleRate: 24_000, constraints: {}, ...settings },
      {
        onFrame: (pcm) => this.frames.push(pcm),
        onProgress: (one) => this.progress.push(one),
        onProblem: (error) => this.problems.push(error),
      },
    );
  }

  async started(settings?: Partial<AudioSettings>, options?: BrowserAudioOptions): Promise<AudioIO> {
    const audio = this.create(settings, options);
    await audio.start();
    return audio;
  }
}

/** A frame of the microphone, of one loudness. */
export const frame = (value = 1_000): ArrayBuffer => new Int16Array(320).fill(value).buffer;
