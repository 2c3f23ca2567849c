import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { last, pcm, settle, World } from "./fakes.js";

let world: World;

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => vi.useRealTimers());

describe("a socket that is lost", () => {
  it("is replaced at once, by the same token, and nobody hears of it", async () => {
    const session = await world.connect();
    world.socket.closes(1006);
    expect(world.sockets).toHaveLength(2);
    expect([world.opened(1).url, world.opened(1).token]).toEqual([world.opened(0).url, world.opened(0).token]);
    expect(session.isOpen).toBe(false);
    world.opened(1).ready();
    expect(session.isOpen).toBe(true);
    world.opened(1).says({ t: "transcript", role: "user", text: "Still here?", final: true });
    expect(world.log).toEqual([expect.stringContaining("Still here?")]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is replaced after 250, 500, 1000, 2000, 2000 ms when that fails, for 15 s", async () => {
    await world.connect();
    world.socket.closes(1006);
    const start = Date.now();
    const times: number[] = [];
    for (let opened = 2; world.log.length === 0; ) {
      if (world.sockets.length === opened) {
        times.push(Date.now() - start);
        opened += 1;
        world.socket.closes(1006);
      }
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(times).toEqual([0, 250, 750, 1750, 3750, 5750, 7750, 9750, 11750, 13750]);
    expect(Date.now() - start).toBe(15_000);
    expect(world.log).toEqual([
      "status disconnected",
      "microphone off",
      "audio closed",
      'disconnect {"reason":"error","message":"The connection was lost and did not come back"}',
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("begins to be replaced anew when it is lost once more", async () => {
    await world.connect();
    world.socket.closes(1006);
    await vi.advanceTimersByTimeAsync(10_000);
    world.socket.ready();
    const count = world.sockets.length;
    world.socket.closes(1006);
    expect(world.sockets).toHaveLength(count + 1);
    world.socket.closes(1006);
    await vi.advanceTimersByTimeAsync(250);
    expect(world.sockets).toHaveLength(count + 2);
    await vi.advanceTimersByTimeAsync(14_000);
    expect(world.log).toEqual([]);
  });

  it("takes another attempt when one does not connect for 3 s, but never gives up one that has", async () => {
    await world.connect();
    world.socket.closes(1006);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(world.sockets).toHaveLength(3);
    expect(world.opened(1).closed).toBeDefined();
    expect(world.opened(2).closed).toBeUndefined();
    world.opened(2).events.onOpen();
    await vi.advanceTimersByTimeAsync(8_000);
    expect(world.sockets).toHaveLength(3);
    expect(world.opened(2).closed).toBeUndefined();
    world.opened(2).says({ t: "ready" });
    expect(world.session?.isOpen).toBe(true);
  });

  it.each([
    [4404, "SESSION_NOT_FOUND"],
    [4409, "SESSION_IN_USE"],
    [4401, "UNAUTHORIZED"],
    [1011, "Internal error"],
  ])("is given up when the gateway refuses with %i", async (code, reason) => {
    await world.connect();
    world.socket.closes(1006);
    world.socket.events.onOpen();
    world.socket.says({ t: "error", code: reason, message: "no" });
    world.socket.closes(code, reason);
    await settle();
    expect(last(world.log)).toBe(`disconnect {"reason":"error","message":"${reason}"}`);
    expect(world.log).toHaveLength(4);
    expect(world.sockets).toHaveLength(2);
  });

  it("is given up when the session has ended", async () => {
    await world.connect();
    world.socket.closes(1006);
    world.socket.events.onOpen();
    world.socket.says({ t: "end", reason: "server_shutdown" });
    await settle();
    expect(last(world.log)).toBe('disconnect {"reason":"error","message":"server_shutdown"}');
    expect(world.socket.closed).toBeDefined();
  });

  it("is not replaced any more once the caller ends, in whatever state that is", async () => {
    for (const state of ["connecting", "open", "between"]) {
      world = new World();
      const session = await world.connect();
      world.socket.closes(1006);
      state === "open" && world.socket.events.onOpen();
      state === "between" && world.socket.closes(1006);
      await session.end();
      const count = world.sockets.length;
      await vi.advanceTimersByTimeAsync(20_000);
      world.socket.ready();
      expect(world.sockets).toHaveLength(count);
      expect(last(world.log)).toBe('disconnect {"reason":"user"}');
      expect(world.log.filter((line) => line.startsWith("connect"))).toEqual([]);
    }
  });

  it("delivers nothing before it is ready, and nothing once it is lost", async () => {
    await world.connect();
    world.socket.closes(1006);
    world.opened(1).events.onOpen();
    world.opened(1).events.onBinary(pcm(20));
    world.opened(1).says({ t: "transcript", role: "user", text: "early", final: true });
    world.opened(0).events.onBinary(pcm(20));
    world.opened(0).says({ t: "transcript", role: "user", text: "late", final: true });
    expect(world.audio.given).toBe(0);
    expect(world.log).toEqual([]);
  });
});

describe("what was said meanwhile", () => {
  it("comes first, in order: what the old socket still held, then what was kept", async () => {
    const session = await world.connect();
    world.audio.captures(2, 1);
    world.opened(0).buffered = 960;
    world.audio.captures(1, 1);
    world.opened(0).buffered = 2 * 960;
    session.send({ t: "user_message", text: "typed" });
    world.opened(0).buffered += JSON.stringify({ t: "user_message", text: "typed" }).length;
    world.opened(0).closes(1006);
    world.audio.captures(2, 2);
    session.send({ t: "interrupt" });
    world.socket.ready();
    world.audio.captures(1, 3);
    expect(world.socket.sound()).toEqual([1, 1, 2, 2, 3]);
    expect(world.socket.frames()).toEqual([{ t: "user_message", text: "typed" }, { t: "interrupt" }]);
    expect(world.socket.sent.map((data) => typeof data === "string")).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  it("is at most 10 s of sound", async () => {
    await world.connect();
    world.socket.closes(1006);
    world.audio.captures(100, 1);
    world.audio.captures(500, 2);
    world.socket.ready();
    expect(world.socket.sound()).toHaveLength(500);
    expect(new Set(world.socket.sound())).toEqual(new Set([2]));
  });

  it("is more than can be kept when too much is typed, and that is told", async () => {
    const session = await world.connect();
    world.socket.closes(1006);
    for (let i = 0; i < 101; i++) {
      session.send({ t: "user_message", text: `${i}` });
    }
    expect(world.log).toEqual(["error Too much waits for the connection: a message was dropped"]);
    world.socket.ready();
    expect(world.socket.frames()).toHaveLength(100);
  });

  it("is no message that the gateway would close the socket for, and that is told", async () => {
    const session = await world.connect();
    session.send({ t: "user_message", text: "ä".repeat(131_072) });
    expect(world.log).toEqual(["error A message of more than 256 KiB was not sent"]);
    session.send({ t: "user_message", text: "a".repeat(262_000) });
    expect(world.socket.frames()).toHaveLength(1);
  });

  it("goes on to a third socket when the second is lost before it was used", async () => {
    await world.connect();
    world.socket.events.onBinary(pcm(1_000));
    world.audio.plays(100);
    world.audio.flushesSlowly = true;
    world.socket.closes(1006);
    world.audio.captures(2, 1);
    world.socket.ready();
    world.audio.captures(1, 2);
    expect(world.socket.sent).toEqual([]);
    world.socket.closes(1006);
    world.socket.ready();
    world.audio.confirm();
    expect(world.sockets).toHaveLength(3);
    expect(world.socket.sound()).toEqual([1, 1, 2]);
    expect(world.socket.played()).toEqual([100]);
  });

  it("includes the output of a tool", async () => {
    let done: (output: string) => void = () => {};
    await world.connect({ onToolCall: () => new Promise((resolve) => (done = resolve)) });
    world.socket.says({ t: "tool_call", callId: "c", name: "n", arguments: "{}" });
    world.socket.closes(1006);
    done("42");
    await settle();
    world.socket.ready();
    expect(world.socket.frames()).toEqual([{ t: "tool_result", callId: "c", output: "42" }]);
  });
});
