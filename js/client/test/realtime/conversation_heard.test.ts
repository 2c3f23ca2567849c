import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { last, pcm, World } from "./fakes.js";

let world: World;

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => vi.useRealTimers());

describe("what is heard", () => {
  it("makes the mode, and not what has arrived", async () => {
    await world.connect();
    world.socket.events.onBinary(pcm(500));
    expect(world.log).toEqual([]);
    world.audio.tell(true);
    world.audio.tell(true);
    expect(world.log).toEqual(["mode speaking"]);
    world.audio.plays(500);
    expect(world.log).toEqual(["mode speaking", "mode listening"]);
  });

  it("is reported every 200 ms and at its end, and not again", async () => {
    await world.connect();
    world.socket.says({ t: "turn", stage: "first_audio", ms: 300 });
    world.socket.events.onBinary(pcm(550));
    world.audio.latencyMs = 30;
    world.audio.plays(550);
    expect(world.socket.played()).toEqual([270, 470, 550]);
    world.audio.tell(false);
    expect(world.socket.played()).toHaveLength(3);
  });

  it("is silenced by an interruption at once, whatever the loudspeaker says late, and reported exactly", async () => {
    await world.connect();
    world.socket.events.onBinary(pcm(1_000));
    world.audio.latencyMs = 40;
    world.audio.plays(100);
    world.audio.flushesSlowly = true;
    world.socket.says({ t: "interruption", at: "user" });
    expect(world.audio.calls).toEqual(["flush"]);
    expect(last(world.log)).toBe("mode listening");
    world.audio.played += 24 * 7;
    world.audio.tell(true);
    expect(last(world.log)).toBe("mode listening");
    expect(world.socket.played()).toEqual([]);
    world.audio.confirm();
    expect(world.socket.played()).toEqual([67]);
    expect(world.log).toEqual(["mode speaking", "mode listening"]);
  });

  it("of an answer that has not begun is nothing", async () => {
    await world.connect();
    world.socket.events.onBinary(pcm(20));
    world.audio.latencyMs = 40;
    world.socket.says({ t: "interruption", at: "assistant" });
    expect(world.socket.played()).toEqual([0]);
    world.socket.says({ t: "interruption", at: "assistant" });
    expect(world.socket.played()).toEqual([0]);
  });

  it.each([
    "before",
    "after",
  ])("of the next answer counts from its own beginning, once reached, announced %s its first sound", async (when) => {
    await world.connect();
    const begins = (ms: number) => {
      const announce = () => world.socket.says({ t: "turn", stage: "first_audio", ms: 300 });
      when === "before" && announce();
      world.socket.events.onBinary(pcm(20));
      when === "after" && announce();
      world.socket.events.onBinary(pcm(ms - 20));
    };
    begins(500);
    world.audio.plays(200);
    world.socket.says({ t: "turn", stage: "response_done", ms: 900 });
    begins(400);
    expect(world.socket.played()).toEqual([200]);
    world.audio.plays(300);
    expect(world.socket.played()).toEqual([200]);
    world.audio.plays(400);
    expect(world.socket.played()).toEqual([200, 200, 400]);
  });

  it("of the next answer counts from its beginning also where only that is told", async () => {
    await world.connect();
    for (const _ of [1, 2]) {
      world.socket.says({ t: "turn", stage: "first_audio", ms: 300 });
      world.socket.events.onBinary(pcm(300));
      world.audio.plays(300);
    }
    expect(world.socket.played()).toEqual([200, 300, 200, 300]);
  });

  it("of an answer that nobody announces begins behind the one before", async () => {
    await world.connect();
    world.socket.events.onBinary(pcm(300));
    world.audio.plays(100);
    world.socket.says({ t: "interruption", at: "user" });
    world.socket.events.onBinary(pcm(400));
    world.audio.plays(400);
    expect(world.socket.played()).toEqual([100, 200, 400]);
  });

  it("of an answer is not told once the next has begun to come", async () => {
    await world.connect();
    world.socket.events.onBinary(pcm(300));
    world.audio.plays(100);
    world.audio.flushesSlowly = true;
    world.socket.says({ t: "interruption", at: "assistant" });
    world.socket.events.onBinary(pcm(300));
    world.audio.dropped = 24 * 200;
    world.audio.tell(false);
    expect(world.socket.played()).toEqual([]);
    world.audio.plays(300);
    expect(world.socket.played()).toEqual([200, 300]);
  });
});
