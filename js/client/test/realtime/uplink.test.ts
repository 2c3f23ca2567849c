import { describe, expect, it } from "vitest";
import { Uplink } from "../../src/realtime/uplink.js";
import { random } from "./random.js";

const FRAME = 960;
const frame = () => new ArrayBuffer(FRAME);

describe("what is kept", () => {
  it("is what has not left, from the first piece that has not left whole, where nothing better is known", () => {
    const uplink = new Uplink(24000);
    const frames = [frame(), frame(), frame(), frame()];
    for (const pcm of frames) {
      uplink.sent(pcm);
    }
    expect(uplink.holds(2.5 * FRAME)).toBe(true);
    uplink.moved();
    expect(uplink.take()).toEqual(frames.slice(1));
  });

  it("is what the gateway has not got, where it says so, although it has left", () => {
    const uplink = new Uplink(24000);
    const frames = [frame(), frame(), frame()];
    uplink.sent("first");
    frames.forEach((pcm) => void uplink.sent(pcm));
    uplink.passed("played");
    uplink.sent("second");
    uplink.holds(0);
    uplink.moved({ audioBytes: FRAME, textFrames: 2 });
    expect(uplink.take()).toEqual([frames[1], frames[2], "second"]);
  });

  it("is counted from what the gateway had got when the socket was new", () => {
    const uplink = new Uplink(24000);
    const [first, second, third] = [frame(), frame(), frame()];
    uplink.sent(first);
    uplink.moved({ audioBytes: 0, textFrames: 7 });
    uplink.take().forEach((data) => void uplink.sent(data));
    uplink.sent("text");
    uplink.sent(second);
    uplink.moved({ audioBytes: FRAME, textFrames: 7 });
    expect(uplink.take()).toEqual(["text", second]);
    uplink.sent(third);
    uplink.moved();
    uplink.moved({ audioBytes: 99 * FRAME, textFrames: 99 });
    expect(uplink.take()).toEqual([third]);
  });

  it("is at most 10 s of sound, the newest, and all texts in their places that have not left", () => {
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

  it("is nothing that left more than 10 s ago", () => {
    const uplink = new Uplink(24000);
    uplink.sent("old");
    for (let i = 0; i < 501; i++) {
      uplink.holds(0);
      uplink.sent(frame());
    }
    uplink.moved({ audioBytes: 0, textFrames: 0 });
    expect(uplink.take()).toHaveLength(500);
  });

  it("takes no more than 100 texts", () => {
    const uplink = new Uplink(24000);
    const taken = Array.from({ length: 120 }, () => uplink.keep("x"));
    expect(taken.filter(Boolean)).toHaveLength(100);
    expect(uplink.take()).toHaveLength(100);
    for (let i = 0; i < 120; i++) {
      uplink.sent(`${i}`);
    }
    uplink.moved();
    expect(uplink.take()[0]).toBe("20");
  });

  it("is neither lost nor doubled, whatever way bytes leave and arrive", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = random(seed);
      const uplink = new Uplink(24000);
      const got: (string | ArrayBuffer)[] = [];
      const said: (string | ArrayBuffer)[] = [];
      let wire: (string | ArrayBuffer)[] = [];
      for (let socket = 0; socket < 4; socket++) {
        for (let i = next.below(60); i > 0; i--) {
          const data = next.below(10) === 0 ? `text ${said.length}` : frame();
          said.push(data);
          wire.push(data);
          uplink.sent(data);
          uplink.holds(next.below(3) * FRAME);
          got.push(...wire.splice(0, next.below(3)));
        }
        const sound = got.filter((data) => typeof data !== "string").length;
        uplink.moved({ audioBytes: sound * FRAME, textFrames: got.length - sound });
        wire = uplink.take();
        wire.forEach((data) => void uplink.sent(data));
      }
      got.push(...wire);
      expect(got.length).toBe(said.length);
      expect(got.every((data, i) => data === said[i])).toBe(true);
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
