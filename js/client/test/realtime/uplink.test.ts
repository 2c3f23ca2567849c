import { describe, expect, it } from "vitest";
import { Uplink } from "../../src/realtime/uplink.js";
import { random } from "./random.js";

const FRAME = 960;
const frame = () => new ArrayBuffer(FRAME);

describe("what is kept", () => {
  it("is what has not left, from the first piece that has not left whole", () => {
    const uplink = new Uplink(24000);
    const frames = [frame(), frame(), frame(), frame()];
    for (const pcm of frames) {
      uplink.sent(pcm);
    }
    expect(uplink.holds(2.5 * FRAME)).toBe(true);
    expect(uplink.take()).toEqual(frames.slice(1));
  });

  it("is at most 10 s of sound, the newest, and all texts in their places", () => {
    const uplink = new Uplink(24000);
    uplink.keep("first");
    for (let i = 0; i < 600; i++) {
      uplink.keep(new Uint8Array(FRAME).fill(i % 256).buffer);
      i === 99 && uplink.keep("middle");
    }
    const kept = uplink.take();
    expect(kept).toHaveLength(502);
    expect(kept.slice(0, 2)).toEqual(["first", "middle"]);
    expect(new Uint8Array(kept[2] as ArrayBuffer)[0]).toBe(100);
  });

  it("takes no more than 100 texts", () => {
    const uplink = new Uplink(24000);
    const taken = Array.from({ length: 120 }, () => uplink.keep("x"));
    expect(taken.filter(Boolean)).toHaveLength(100);
    expect(uplink.take()).toHaveLength(100);
    expect(uplink.keep("x")).toBe(true);
  });

  it("of one socket has not been given to the next", () => {
    const uplink = new Uplink(24000);
    const [first, second] = [frame(), frame()];
    uplink.sent(first);
    uplink.holds(FRAME);
    uplink.moved();
    uplink.passed("a text");
    uplink.holds(0);
    expect(uplink.take()).toEqual([first]);
    uplink.sent(first);
    uplink.sent(second);
    uplink.holds(FRAME);
    expect(uplink.take()).toEqual([second]);
  });

  it("loses nothing that a socket holds and doubles nothing that left, whatever way bytes leave", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = random(seed);
      const uplink = new Uplink(24000);
      const given: { data: string | ArrayBuffer; end: number }[] = [];
      let [sent, left] = [0, 0];
      for (let i = 0; i < 150; i++) {
        const data = next.below(10) === 0 ? "ä".repeat(next.below(9)) : frame();
        sent += typeof data === "string" ? 2 * data.length : FRAME;
        given.push({ data, end: sent });
        uplink.sent(data);
        left += next.below(sent - left + 1);
        uplink.holds(sent - left);
      }
      expect(uplink.take()).toEqual(given.filter(({ end }) => end > left).map(({ data }) => data));
    }
  });
});

describe("a socket that takes nothing", () => {
  it("looks dead after 2 s of sound, and not while anything leaves it", () => {
    const uplink = new Uplink(24000);
    let buffered = 0;
    const captured = (leaves: number) => {
      buffered -= leaves;
      const dead = !uplink.holds(buffered) && uplink.waited(FRAME);
      uplink.sent(frame());
      buffered += FRAME;
      return dead;
    };
    for (let i = 0; i < 300; i++) {
      expect(captured(i % 50 === 49 ? 10 : 0)).toBe(false);
    }
    const frames = Array.from({ length: 120 }, () => captured(0));
    expect(frames.indexOf(true)).toBe(99);
    uplink.calm();
    expect(captured(0)).toBe(false);
  });
});
