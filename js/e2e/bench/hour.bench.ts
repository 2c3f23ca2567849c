/** An hour of conversation in seconds: the machine has no clock, and the sound's time is its samples. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { test } from "vitest";
import { Framer } from "../../client/src/audio/framer.js";
import { Playback } from "../../client/src/audio/playback.js";
import { RealtimeMachine } from "../../client/src/realtime/machine.js";
import type { MachineEvent } from "../../client/src/realtime/steps.js";

const DEVICE_RATE = 48_000;
const RATE = 24_000;
const QUANTUM = 128;
const FRAME = RATE / 50;
const FRAMES_A_MINUTE = 50 * 60;
/** A turn is 8 s: the user speaks for three, the agent for four. */
const TURN = 50 * 8;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

class Hour {
  readonly #machine = new RealtimeMachine({
    sessionId: "bench",
    inputSampleRate: RATE,
    outputSampleRate: RATE,
    hasTools: false,
  });
  readonly #playback = new Playback(RATE, DEVICE_RATE, ({ played, dropped, playing }) =>
    this.#tell({ type: "progress", progress: { played, dropped, playing, latencyMs: 10 } }),
  );
  readonly #framer = new Framer(DEVICE_RATE, RATE, (pcm) => this.#tell({ type: "frame", pcm, buffered: 0 }));
  readonly #microphone = new Float32Array(QUANTUM).fill(0.1);
  readonly #loudspeaker = new Float32Array(QUANTUM);
  #taken = 0;
  sent = 0;
  played = 0;

  begin(): void {
    this.#tell({ type: "start" });
    this.#tell({ type: "socket_open", id: 1 });
    this.#text({ t: "ready", inputSampleRate: RATE, outputSampleRate: RATE });
    this.#tell({ type: "audio_started" });
  }

  /** 20 ms of it. */
  frame(number: number): void {
    const place = number % TURN;
    if (place === 150) {
      this.#text({ t: "transcript", role: "user", text: "What is twelve times twelve?", final: true });
      this.#text({ t: "turn", stage: "first_audio", ms: 360 });
    }
    if (place >= 150 && place < 350) {
      this.#tell({ type: "binary", id: 1, pcm: new ArrayBuffer(FRAME * 2) });
    }
    if (place === 350) {
      this.#text({ t: "transcript", role: "assistant", text: "12 times 12 is 144.", final: true });
      this.#text({ t: "turn", stage: "response_done", ms: 4360 });
    }
    for (this.#taken += DEVICE_RATE / 50; this.#taken >= QUANTUM; this.#taken -= QUANTUM) {
      this.#framer.push(this.#microphone);
      this.#playback.pull(this.#loudspeaker);
    }
  }

  #text(frame: object): void {
    this.#tell({ type: "text", id: 1, text: JSON.stringify(frame) });
  }

  #tell(event: MachineEvent): void {
    for (const effect of this.#machine.handle(event)) {
      if (effect.do === "play") {
        this.played += effect.pcm.byteLength;
        this.#playback.push(effect.pcm);
      } else if (effect.do === "send_binary") {
        this.sent += effect.pcm.byteLength;
      }
    }
  }
}

test("an hour of conversation", async ({ expect }) => {
  const hour = new Hour();
  hour.begin();
  const heap: number[] = [];
  const started = performance.now();
  for (let minute = 0; minute < 60; minute++) {
    for (let frame = 0; frame < FRAMES_A_MINUTE; frame++) {
      hour.frame(minute * FRAMES_A_MINUTE + frame);
    }
    collect();
    // Buffers are given back by another thread, a little later.
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
    heap.push(process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers);
  }
  const seconds = (performance.now() - started) / 1000;
  const first = Math.min(...heap.slice(0, 10));
  const last = Math.min(...heap.slice(-10));
  console.log(
    `\nan hour of conversation, time injected: ${(first / 1e6).toFixed(2)} MB in its first ten minutes, ` +
      `${(last / 1e6).toFixed(2)} MB in its last; ${((seconds / 3600) * 1000).toFixed(2)} ms of CPU per second of call, ` +
      "audio threads included",
  );
  expect(hour.sent).toBe(60 * FRAMES_A_MINUTE * FRAME * 2);
  expect(hour.played).toBe((60 * FRAMES_A_MINUTE * FRAME * 2 * 200) / TURN);
  expect(last - first).toBeLessThan(200_000);
});
