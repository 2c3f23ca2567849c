import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FakeSocket, last, pcm, settle, World } from "./fakes.js";

let world: World;

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => vi.useRealTimers());

describe("a network that vanishes without a word", () => {
  /** The microphone goes on, and nothing leaves the socket. */
  const stall = (target: FakeSocket, frames: number) => {
    for (let i = 0; i < frames; i++) {
      world.audio.captures(1);
      target.buffered += 960;
    }
  };

  it("is noticed when nothing leaves for 2 s: a second socket is opened beside the first", async () => {
    const session = await world.connect();
    world.audio.captures(50);
    stall(world.opened(0), 100);
    expect(world.sockets).toHaveLength(1);
    stall(world.opened(0), 2);
    expect(world.sockets).toHaveLength(2);
    expect(world.opened(0).closed).toBeUndefined();
    expect(session.isOpen).toBe(true);
  });

  it("hands over to the second when that is ready; what the first held is said again, and nothing twice", async () => {
    await world.connect();
    world.audio.captures(50, 1);
    for (let i = 0; i < 102; i++) {
      world.audio.captures(1, 2);
      world.opened(0).buffered += 960;
    }
    world.opened(0).buffered -= 10 * 960;
    world.audio.captures(1, 3);
    world.opened(0).buffered += 960;
    expect(world.sockets).toHaveLength(2);
    world.opened(1).ready();
    expect(world.opened(0).closed).toEqual({ code: 1000, reason: "replaced" });
    expect(world.opened(1).sound()).toEqual([...Array(92).fill(2), 3]);
    world.opened(0).events.onBinary(pcm(20));
    world.opened(0).closes(1006);
    expect(world.audio.given).toBe(0);
    expect(world.sockets).toHaveLength(2);
    expect(world.log).toEqual([]);
    world.audio.captures(1, 4);
    expect(last(world.opened(1).sound())).toBe(4);
  });

  it("hands over without losing what had left this machine, where the gateway says what it has got", async () => {
    await world.connect();
    world.audio.captures(50, 1);
    world.audio.captures(10, 2);
    world.online();
    world.opened(1).ready({ receivedAudioBytes: 52 * 960, receivedTextFrames: 0 });
    expect(world.opened(1).sound()).toEqual(Array(8).fill(2));
  });

  it("was none when the gateway refuses the second: the first goes on, and is watched on", async () => {
    await world.connect();
    stall(world.opened(0), 102);
    world.opened(1).closes(4409, "SESSION_IN_USE");
    expect(world.log).toEqual([]);
    expect(world.session?.isOpen).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    stall(world.opened(0), 99);
    expect(world.sockets).toHaveLength(2);
    stall(world.opened(0), 2);
    expect(world.sockets).toHaveLength(3);
  });

  it("may end before the second socket is there: then the first goes on", async () => {
    await world.connect();
    stall(world.opened(0), 102);
    world.opened(0).buffered = 0;
    world.audio.captures(1);
    world.opened(1).closes(1006);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(world.sockets).toHaveLength(2);
    expect(world.log).toEqual([]);
  });

  it("ends the conversation when no second socket comes about in 15 s", async () => {
    await world.connect();
    stall(world.opened(0), 102);
    await vi.advanceTimersByTimeAsync(14_999);
    expect(world.log).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await settle();
    expect(last(world.log)).toContain('disconnect {"reason":"error"');
    expect(world.sockets.every((opened) => opened.closed !== undefined)).toBe(true);
  });

  it("comes back when the first is lost after the second was refused for its sake", async () => {
    await world.connect();
    stall(world.opened(0), 102);
    world.opened(0).closes(1006);
    expect(world.sockets).toHaveLength(2);
    world.opened(1).closes(4409, "SESSION_IN_USE");
    await vi.advanceTimersByTimeAsync(250);
    expect(world.sockets).toHaveLength(3);
    world.opened(2).ready();
    expect(world.session?.isOpen).toBe(true);
    expect(world.log).toEqual([]);
  });

  it("is also looked for when the browser has a network again, muted or not", async () => {
    const session = await world.connect();
    session.setMuted(true);
    world.online();
    expect(world.sockets).toHaveLength(2);
    world.opened(1).ready();
    expect(world.opened(0).closed).toEqual({ code: 1000, reason: "replaced" });
    expect(session.isOpen).toBe(true);
  });

  it("is not taken for lost on the browser's word alone", async () => {
    await world.connect();
    world.online();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(world.session?.isOpen).toBe(true);
    expect(world.log).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("that is back hurries an attempt along that hangs", async () => {
    await world.connect();
    world.socket.closes(1006);
    world.online();
    expect(world.sockets).toHaveLength(3);
    expect(world.opened(1).closed).toBeDefined();
    world.socket.closes(1006);
    world.online();
    expect(world.sockets).toHaveLength(4);
    await vi.advanceTimersByTimeAsync(300);
    expect(world.sockets).toHaveLength(4);
  });

  it("means nothing before there is a conversation", async () => {
    void world.create();
    world.online();
    world.socket.ready();
    world.online();
    expect(world.sockets).toHaveLength(1);
  });
});
