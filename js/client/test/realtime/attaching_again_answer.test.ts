import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pcm, World } from "./fakes.js";

let world: World;

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => vi.useRealTimers());

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
    expect(world.socket.played()).toEqual([600.208]);
  });

  it("goes on behind what was heard", async () => {
    await world.connect();
    world.socket.events.onBinary(pcm(2_000));
    world.audio.plays(500);
    world.socket.closes(1006);
    world.socket.ready();
    world.socket.events.onBinary(pcm(1_500));
    world.audio.plays(1_500);
    expect(world.socket.played()).toEqual([500, 700, 900, 1100, 1300, 1500, 1700, 1900, 2000]);
    world.socket.says({ t: "turn", stage: "response_done", ms: 2000 });
    world.socket.events.onBinary(pcm(300));
    world.audio.plays(300);
    expect(world.socket.played().slice(-2)).toEqual([200, 300]);
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
    expect(world.socket.played()).toEqual([]);
    world.socket.says({ t: "turn", stage: "response_done", ms: 2000 });
    world.socket.says({ t: "turn", stage: "first_audio", ms: 100 });
    world.socket.events.onBinary(pcm(200));
    world.audio.plays(200);
    expect(world.socket.played()).toEqual([200]);
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
    expect(world.socket.played()).toEqual([500]);
    world.socket.events.onBinary(pcm(300));
    world.audio.plays(300);
    expect(world.socket.played()).toEqual([500, 200, 300]);
  });

  it("may have been followed by another one meanwhile: where that begins is not known, so nothing is said", async () => {
    await world.connect();
    world.socket.says({ t: "turn", stage: "first_audio", ms: 100 });
    world.socket.events.onBinary(pcm(2_000));
    world.audio.plays(500);
    world.socket.closes(1006);
    world.socket.ready();
    expect(world.socket.played()).toEqual([500]);
    world.socket.says({ t: "turn", stage: "response_done", ms: 2000 });
    world.socket.events.onBinary(pcm(1_800));
    world.socket.says({ t: "turn", stage: "first_audio", ms: 100 });
    world.audio.plays(1_800);
    expect(world.socket.played()).toEqual([500]);
    world.socket.says({ t: "turn", stage: "response_done", ms: 2000 });
    world.socket.events.onBinary(pcm(200));
    world.audio.plays(200);
    expect(world.socket.played()).toEqual([500, 200]);
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
    expect(world.socket.played()).toEqual([300, 200, 400]);
  });
});
