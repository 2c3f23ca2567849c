import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type FakeSocket, last, pcm, settle, World } from "./fakes.js";

let world: World;

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => vi.useRealTimers());

const played = (socket: FakeSocket) => socket.frames("played").map((frame) => frame.ms);

/** Number `index` of the sockets that were opened. */
function socket(index: number): FakeSocket {
  return world.sockets[index] as FakeSocket;
}

describe("a socket that is lost", () => {
  it("is replaced at once, by the same token, and nobody hears of it", async () => {
    const session = await world.connect();
    world.socket.closes(1006);
    expect(world.sockets).toHaveLength(2);
    expect([socket(1).url, socket(1).token]).toEqual([socket(0).url, socket(0).token]);
    expect(session.isOpen).toBe(false);
    socket(1).ready();
    expect(session.isOpen).toBe(true);
    socket(1).says({ t: "transcript", role: "user", text: "Still here?", final: true });
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
    expect(socket(1).closed).toBeDefined();
    expect(socket(2).closed).toBeUndefined();
    socket(2).events.onOpen();
    await vi.advanceTimersByTimeAsync(8_000);
    expect(world.sockets).toHaveLength(3);
    expect(socket(2).closed).toBeUndefined();
    socket(2).says({ t: "ready" });
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
    socket(1).events.onOpen();
    socket(1).events.onBinary(pcm(20));
    socket(1).says({ t: "transcript", role: "user", text: "early", final: true });
    socket(0).events.onBinary(pcm(20));
    socket(0).says({ t: "transcript", role: "user", text: "late", final: true });
    expect(world.audio.given).toBe(0);
    expect(world.log).toEqual([]);
  });
});

describe("what was said meanwhile", () => {
  it("comes first, in order: what the old socket still held, then what was kept", async () => {
    const session = await world.connect();
    world.audio.captures(2, 1);
    socket(0).buffered = 960;
    world.audio.captures(1, 1);
    socket(0).buffered = 2 * 960;
    session.send({ t: "user_message", text: "typed" });
    socket(0).buffered += JSON.stringify({ t: "user_message", text: "typed" }).length;
    socket(0).closes(1006);
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
    expect(played(world.socket)).toEqual([100]);
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

describe("the answer that was being heard", () => {
  it("is dropped when the new socket is ready, and the gateway is told exactly how much was heard, before all else", async () => {
    await world.connect();
    world.socket.events.onBinary(pcm(2_000));
    world.audio.latencyMs = 40;
    world.audio.plays(500);
    world.socket.closes(1006);
    world.audio.captures(1);
    world.audio.plays(100);
    world.audio.played += 5;
    expect(world.audio.calls).toEqual([]);
    world.socket.ready();
    expect(world.audio.calls).toEqual(["flush"]);
    expect(world.socket.sent.map((data) => typeof data)).toEqual(["string", "object"]);
    expect(played(world.socket)).toEqual([600.208]);
  });

  it("goes on behind what was heard", async () => {
    await world.connect();
    world.socket.events.onBinary(pcm(2_000));
    world.audio.plays(500);
    world.socket.closes(1006);
    world.socket.ready();
    world.socket.events.onBinary(pcm(1_500));
    world.audio.plays(1_500);
    expect(played(world.socket)).toEqual([500, 700, 900, 1100, 1300, 1500, 1700, 1900, 2000]);
    world.socket.says({ t: "turn", stage: "response_done", ms: 2000 });
    world.socket.events.onBinary(pcm(300));
    world.audio.plays(300);
    expect(played(world.socket).slice(-2)).toEqual([200, 300]);
  });

  it("may go on when the loudspeaker does not say what was heard; then nothing is said of it", async () => {
    await world.connect();
    world.socket.events.onBinary(pcm(2_000));
    world.audio.plays(500);
    world.audio.flushesSlowly = true;
    world.socket.closes(1006);
    world.audio.captures(1, 1);
    world.socket.ready();
    expect(world.socket.sound()).toEqual([]);
    await vi.advanceTimersByTimeAsync(250);
    expect(world.socket.sound()).toEqual([1]);
    world.socket.events.onBinary(pcm(1_500));
    world.audio.dropped = 1_500 * 24;
    world.audio.plays(1_500);
    expect(played(world.socket)).toEqual([]);
    world.socket.says({ t: "turn", stage: "response_done", ms: 2000 });
    world.socket.says({ t: "turn", stage: "first_audio", ms: 100 });
    world.socket.events.onBinary(pcm(200));
    world.audio.plays(200);
    expect(played(world.socket)).toEqual([200]);
  });

  it("may have been interrupted meanwhile: that is told once", async () => {
    await world.connect();
    world.socket.events.onBinary(pcm(2_000));
    world.audio.plays(500);
    world.audio.flushesSlowly = true;
    world.socket.closes(1006);
    world.socket.ready();
    world.socket.says({ t: "interruption", at: "user" });
    world.audio.confirm();
    world.audio.confirm();
    expect(played(world.socket)).toEqual([500]);
    world.socket.events.onBinary(pcm(300));
    world.audio.plays(300);
    expect(played(world.socket)).toEqual([500, 200, 300]);
  });

  it("may have been followed by another one meanwhile: where that begins is not known, so nothing is said", async () => {
    await world.connect();
    world.socket.says({ t: "turn", stage: "first_audio", ms: 100 });
    world.socket.events.onBinary(pcm(2_000));
    world.audio.plays(500);
    world.socket.closes(1006);
    world.socket.ready();
    expect(played(world.socket)).toEqual([500]);
    world.socket.says({ t: "turn", stage: "response_done", ms: 2000 });
    world.socket.events.onBinary(pcm(1_800));
    world.socket.says({ t: "turn", stage: "first_audio", ms: 100 });
    world.audio.plays(1_800);
    expect(played(world.socket)).toEqual([500]);
    world.socket.says({ t: "turn", stage: "response_done", ms: 2000 });
    world.socket.events.onBinary(pcm(200));
    world.audio.plays(200);
    expect(played(world.socket)).toEqual([500, 200]);
  });

  it("was heard to its end, and the next one began meanwhile: its late announcement is no other beginning", async () => {
    await world.connect();
    world.socket.says({ t: "turn", stage: "first_audio", ms: 100 });
    world.socket.events.onBinary(pcm(300));
    world.audio.plays(300);
    world.socket.says({ t: "turn", stage: "response_done", ms: 400 });
    world.socket.closes(1006);
    world.socket.ready();
    world.socket.events.onBinary(pcm(300));
    world.socket.says({ t: "turn", stage: "first_audio", ms: 100 });
    world.socket.events.onBinary(pcm(100));
    world.audio.plays(400);
    expect(played(world.socket)).toEqual([300, 200, 400]);
  });
});

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
    stall(socket(0), 100);
    expect(world.sockets).toHaveLength(1);
    stall(socket(0), 2);
    expect(world.sockets).toHaveLength(2);
    expect(socket(0).closed).toBeUndefined();
    expect(session.isOpen).toBe(true);
  });

  it("hands over to the second when that is ready; what the first held is said again, and nothing twice", async () => {
    await world.connect();
    world.audio.captures(50, 1);
    for (let i = 0; i < 102; i++) {
      world.audio.captures(1, 2);
      socket(0).buffered += 960;
    }
    socket(0).buffered -= 10 * 960;
    world.audio.captures(1, 3);
    socket(0).buffered += 960;
    expect(world.sockets).toHaveLength(2);
    socket(1).ready();
    expect(socket(0).closed).toEqual({ code: 1000, reason: "replaced" });
    expect(socket(1).sound()).toEqual([...Array(92).fill(2), 3]);
    socket(0).events.onBinary(pcm(20));
    socket(0).closes(1006);
    expect(world.audio.given).toBe(0);
    expect(world.sockets).toHaveLength(2);
    expect(world.log).toEqual([]);
    world.audio.captures(1, 4);
    expect(last(socket(1).sound())).toBe(4);
  });

  it("hands over without losing what had left this machine, where the gateway says what it has got", async () => {
    await world.connect();
    world.audio.captures(50, 1);
    world.audio.captures(10, 2);
    world.online();
    socket(1).ready({ receivedAudioBytes: 52 * 960, receivedTextFrames: 0 });
    expect(socket(1).sound()).toEqual(Array(8).fill(2));
  });

  it("was none when the gateway refuses the second: the first goes on, and is watched on", async () => {
    await world.connect();
    stall(socket(0), 102);
    socket(1).closes(4409, "SESSION_IN_USE");
    expect(world.log).toEqual([]);
    expect(world.session?.isOpen).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    stall(socket(0), 99);
    expect(world.sockets).toHaveLength(2);
    stall(socket(0), 2);
    expect(world.sockets).toHaveLength(3);
  });

  it("may end before the second socket is there: then the first goes on", async () => {
    await world.connect();
    stall(socket(0), 102);
    socket(0).buffered = 0;
    world.audio.captures(1);
    socket(1).closes(1006);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(world.sockets).toHaveLength(2);
    expect(world.log).toEqual([]);
  });

  it("ends the conversation when no second socket comes about in 15 s", async () => {
    await world.connect();
    stall(socket(0), 102);
    await vi.advanceTimersByTimeAsync(14_999);
    expect(world.log).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await settle();
    expect(last(world.log)).toContain('disconnect {"reason":"error"');
    expect(world.sockets.every((opened) => opened.closed !== undefined)).toBe(true);
  });

  it("comes back when the first is lost after the second was refused for its sake", async () => {
    await world.connect();
    stall(socket(0), 102);
    socket(0).closes(1006);
    expect(world.sockets).toHaveLength(2);
    socket(1).closes(4409, "SESSION_IN_USE");
    await vi.advanceTimersByTimeAsync(250);
    expect(world.sockets).toHaveLength(3);
    socket(2).ready();
    expect(world.session?.isOpen).toBe(true);
    expect(world.log).toEqual([]);
  });

  it("is also looked for when the browser has a network again, muted or not", async () => {
    const session = await world.connect();
    session.setMuted(true);
    world.online();
    expect(world.sockets).toHaveLength(2);
    socket(1).ready();
    expect(socket(0).closed).toEqual({ code: 1000, reason: "replaced" });
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
    expect(socket(1).closed).toBeDefined();
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
