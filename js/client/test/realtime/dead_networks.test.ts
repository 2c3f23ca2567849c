/** Networks that die without a word, again and again: what was under way comes all the same, once and in order. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FakeSocket, settle, World } from "./fakes.js";
import { type Random, random } from "./random.js";

/** The gateway, and the wires to it, whose ends lose the rest of what they were given. */
class Gateway {
  readonly world: World;
  readonly next: Random;
  /** All that it has to say, in order. */
  readonly all: (string | ArrayBuffer)[] = [];
  /** What of that is on its way over the socket of now. */
  wire: (string | ArrayBuffer)[] = [];
  /** The client has got `ready` on it. */
  greeted = false;
  going = false;
  /** In a row. */
  deaths = 0;
  taken = 0;
  socket: FakeSocket;
  /** Bytes and frames that came to it. */
  readonly got = { audioBytes: 0, textFrames: 0 };
  readonly heard: number[] = [];
  readonly typed: string[] = [];
  samples = 0;
  frames = 0;

  constructor(world: World, next: Random) {
    this.world = world;
    this.next = next;
    this.socket = world.socket;
    this.greeted = this.going = true;
  }

  says(frame: object): void {
    this.#gives(JSON.stringify(frame));
  }

  plays(size: number): void {
    const pcm = new Int16Array(size);
    for (let i = 0; i < size; i++) {
      pcm[i] = this.samples++;
    }
    this.#gives(pcm.buffer);
  }

  #gives(data: string | ArrayBuffer): void {
    this.all.push(data);
    if (this.going) {
      this.wire.push(data);
    }
  }

  /** So many messages of each way come out of the wires. */
  arrive(down: number, up: number): void {
    for (const data of this.wire.splice(0, down)) {
      typeof data === "string" ? this.socket.events.onText(data) : this.socket.events.onBinary(data.slice(0));
    }
    for (const data of this.socket.sent.slice(this.taken, this.taken + up)) {
      this.taken += 1;
      this.#takes(data);
    }
  }

  #takes(data: string | ArrayBuffer): void {
    if (typeof data !== "string") {
      this.got.audioBytes += data.byteLength;
      this.heard.push(new Uint8Array(data)[0] ?? -1);
      return;
    }
    this.got.textFrames += 1;
    const frame = JSON.parse(data);
    if (frame.t === "received") {
      this.#goesOn(frame);
    } else if (frame.t === "user_message") {
      this.typed.push(frame.text);
    }
  }

  #goesOn({ audioBytes, textFrames }: { audioBytes: number; textFrames: number }): void {
    expect(this.going).toBe(false);
    this.going = true;
    let [bytes, texts] = [audioBytes, textFrames];
    this.wire = this.all.filter((data) => {
      if (typeof data === "string") {
        texts -= 1;
        return texts < 0;
      }
      bytes -= data.byteLength;
      return bytes < 0;
    });
  }

  /** What is under way is lost. The client finds out by a close, or by having another network. */
  async dies(): Promise<void> {
    this.deaths += 1;
    if (this.deaths > 3) {
      this.greets(); // after 15 s nobody would try any more
    }
    const before = this.world.sockets.length;
    this.wire = [];
    this.going = this.greeted = false;
    this.taken = Number.POSITIVE_INFINITY;
    this.socket.buffered = Number.MAX_SAFE_INTEGER; // it takes nothing more
    this.next.below(2) === 0 ? this.socket.closes(1006) : this.world.online();
    while (this.world.sockets.length === before) {
      await vi.advanceTimersByTimeAsync(250);
    }
    this.socket = this.world.socket;
    this.taken = 0;
  }

  greets(): void {
    if (!this.greeted) {
      this.greeted = true;
      this.deaths = 0;
      const { audioBytes, textFrames } = this.got;
      this.socket.ready({ receivedAudioBytes: audioBytes, receivedTextFrames: textFrames });
    }
  }

  settles(): void {
    this.greets();
    while (this.wire.length > 0 || this.taken < this.socket.sent.length) {
      this.arrive(1_000, 1_000);
    }
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

async function walk(seed: number): Promise<{ lost: number }> {
  const next = random(seed);
  const world = new World();
  const messages: string[] = [];
  const session = await world.connect({ onMessage: ({ text }) => messages.push(text) });
  const played: number[] = [];
  const play = world.audio.play.bind(world.audio);
  world.audio.play = (pcm) => {
    played.push(...new Int16Array(pcm));
    play(pcm);
  };
  const gateway = new Gateway(world, next);
  let [captured, typed, told, lost] = [0, 0, 0, 0];
  const steps: [number, () => unknown][] = [
    [20, () => world.audio.captures(1, captured++ % 251)],
    [3, () => session.send({ t: "user_message", text: `${typed++}` })],
    [10, () => gateway.plays(1 + next.below(2_000))],
    [5, () => gateway.says({ t: "transcript", role: "user", text: `${told++}`, final: true })],
    [1, () => gateway.says({ t: "of the future" })],
    [15, () => gateway.greeted && gateway.arrive(next.below(6), next.below(8))],
    [5, () => world.audio.given > world.audio.played && world.audio.plays(20)],
    [4, () => gateway.greets()],
    [
      2,
      async () => {
        lost++;
        await gateway.dies();
      },
    ],
  ];
  const weighted = steps.flatMap(([weight, step]) => Array<() => unknown>(weight).fill(step));
  for (let i = 0; i < 300; i++) {
    await next.pick(weighted)();
  }
  gateway.settles();
  await settle();
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
  expect(gateway.heard).toEqual(numbers(captured).map((n) => n % 251));
  expect(gateway.typed).toEqual(numbers(typed).map(String));
  expect(messages).toEqual(numbers(told).map(String));
  expect(played).toEqual([...Int16Array.from(numbers(gateway.samples))]);
  expect(world.audio.calls).toEqual([]);
  expect(world.session?.isOpen).toBe(true);
  return { lost };
}

describe("a network that dies again and again", () => {
  it("loses nothing, doubles nothing, and interrupts nothing that can be heard", async () => {
    let lost = 0;
    for (let seed = 1; seed <= 60; seed++) {
      lost += (await walk(seed)).lost;
    }
    expect(lost).toBeGreaterThan(300);
  });

  it("costs no report of what was heard: the last one is repeated", async () => {
    const world = new World();
    await world.connect();
    world.socket.events.onBinary(new ArrayBuffer(48 * 1_000));
    world.audio.plays(500);
    const before = world.socket;
    world.online();
    world.socket.ready({ receivedAudioBytes: 0, receivedTextFrames: before.sent.length });
    expect(world.socket.frames("received")).toEqual([{ t: "received", audioBytes: 48_000, textFrames: 0 }]);
    world.audio.plays(100);
    world.socket.events.onBinary(new ArrayBuffer(48 * 500));
    expect(world.socket.frames("played")[0]).toEqual({ t: "played", ms: 500, receivedAudioBytes: 48_000 });
    world.audio.plays(200);
    expect(world.socket.frames("played").at(-1)).toEqual({ t: "played", ms: 700, receivedAudioBytes: 72_000 });
  });
});
