/** Conversations in which anything happens at any time, and what holds in all of them. */

import { describe, expect, it } from "vitest";
import { SpekoClientError } from "../../src/errors.js";
import { RealtimeMachine } from "../../src/realtime/machine.js";
import type { Effect, MachineEvent, TimerName } from "../../src/realtime/steps.js";
import { type Random, random } from "./random.js";

type Wire = { state: "opening" | "open" | "ready" | "closing"; given: number; buffered: number };
const FORWARD: Record<string, string[]> = {
  "": ["connecting"],
  connecting: ["connected", "disconnected"],
  connected: ["disconnecting", "disconnected"],
  disconnecting: ["disconnected"],
  disconnected: [],
};

function must(holds: boolean | undefined, rule: string): void {
  if (!holds) {
    throw new Error(`broken: ${rule}`);
  }
}

/** A world that follows the rules of browsers, sockets and loudspeakers, and is otherwise without rule. */
class Walk {
  readonly machine = new RealtimeMachine({
    sessionId: "s",
    inputSampleRate: 24000,
    outputSampleRate: 24000,
    hasTools: true,
  });
  readonly sockets = new Map<number, Wire>();
  readonly timers = new Set<TimerName>();
  readonly effects: Effect[] = [];
  readonly next: Random;
  status = "";
  ended = false;
  /** A socket was closed that the gateway may take for the session's. */
  fatal = false;
  audio: "none" | "starting" | "on" | "closing" | "closed" = "none";
  given = 0;
  played = 0;
  dropped = 0;

  constructor(seed: number) {
    this.next = random(seed);
  }

  run(steps: number): void {
    this.happens({ type: "start" });
    for (let i = 0; i < steps; i++) {
      const event = this.something();
      if (event !== undefined) {
        this.happens(event);
      }
    }
  }

  happens(event: MachineEvent): void {
    const effects = this.machine.handle(event);
    must(!this.ended || effects.length === 0, "nothing is done after the end");
    this.fatal = false;
    for (const effect of effects) {
      this.effects.push(effect);
      this.does(effect);
    }
    must(!this.fatal || this.status !== "connected", "no close may end a session that is to go on");
  }

  count(kind: Effect["do"], name?: string): number {
    return this.effects.filter((effect) => effect.do === kind && (!name || ("name" in effect && effect.name === name)))
      .length;
  }

  // ---- what the machine wants

  does(effect: Effect): void {
    if (effect.do === "notify" && effect.name === "onStatusChange") {
      must(FORWARD[this.status]?.includes(effect.value), "the status moves forward");
      this.status = effect.value;
    } else if (effect.do === "open_socket") {
      const pending = [...this.sockets.values()].some(({ state }) => state === "opening" || state === "open");
      must(!pending && !this.sockets.has(effect.id), "one attempt at a time, by a new number");
      this.sockets.set(effect.id, { state: "opening", given: 0, buffered: 0 });
    } else if (effect.do === "close_socket") {
      this.closes(effect.id);
    } else if (effect.do === "send_text" || effect.do === "send_binary") {
      this.sends(effect.id, effect.do === "send_text" ? effect.text : effect.pcm);
    } else if (effect.do === "set_timer") {
      this.timers.add(effect.name);
    } else if (effect.do === "clear_timer") {
      this.timers.delete(effect.name);
    } else if (effect.do === "clear_timers") {
      this.timers.clear();
    } else if (effect.do === "ended") {
      this.ended = true;
    } else {
      this.sounds(effect);
    }
  }

  closes(id: number): void {
    const wire = this.wire(id);
    const replaced = [...this.sockets].some(([other, { state }]) => other > id && state === "ready");
    this.fatal ||= wire.state !== "opening" && !replaced;
    wire.state = "closing";
  }

  sends(id: number, data: string | ArrayBuffer): void {
    const wire = this.wire(id);
    must(wire.state === "ready", "only a socket that is ready is sent anything");
    const bytes = typeof data === "string" ? data.length : data.byteLength;
    wire.given += bytes;
    wire.buffered += bytes;
  }

  sounds(effect: Effect): void {
    if (effect.do === "start_audio") {
      must(this.audio === "none", "there is one sound");
      this.audio = "starting";
    } else if (effect.do === "play") {
      this.given += effect.pcm.byteLength / 2;
    } else if (effect.do === "flush") {
      this.dropped = this.given - this.played;
    } else if (effect.do === "stop_microphone") {
      must(this.status === "disconnected", "first the status, then the microphone");
    } else if (effect.do === "close_audio") {
      must(this.effects.at(-2)?.do === "stop_microphone", "first the microphone, then the sound");
      this.audio = "closing";
    }
  }

  wire(id: number): Wire {
    const wire = this.sockets.get(id);
    if (wire === undefined) {
      throw new Error("no such socket");
    }
    return wire;
  }

  // ---- what happens

  something(): MachineEvent | undefined {
    const { next } = this;
    const kind = next.below(100);
    if (kind < 40) {
      return this.somethingOfASocket();
    }
    if (kind < 70) {
      return this.somethingOfTheSound();
    }
    if (kind < 80) {
      const name = next.pick([...this.timers, undefined]);
      name !== undefined && this.timers.delete(name);
      return name && { type: "timer", name };
    }
    if (kind < 84) {
      return { type: "online" };
    }
    if (kind < 92) {
      return { type: "send", frame: { t: "user_message", text: "hello" } };
    }
    if (kind < 95) {
      return { type: "mute", muted: next.below(2) === 0 };
    }
    if (kind < 99) {
      return { type: "tool_done", callId: "c", output: "o" };
    }
    return next.below(12) === 0 ? { type: "end" } : undefined;
  }

  somethingOfASocket(): MachineEvent | undefined {
    const { next } = this;
    const found = next.pick([...this.sockets]);
    if (found === undefined) {
      return undefined;
    }
    const [id, wire] = found;
    const luck = next.below(40);
    if (luck === 0 || wire.state === "closing") {
      this.sockets.delete(id);
      const code = next.pick([1006, 1006, 1006, 1006, 1000, 1011, 4409, 4404]);
      return { type: "socket_closed", id, code, reason: "", buffered: wire.buffered };
    }
    if (wire.state === "opening") {
      wire.state = "open";
      return { type: "socket_open", id };
    }
    if (wire.state === "open") {
      wire.state = "ready";
      // The gateway has taken the older one's place away.
      return { type: "text", id, text: '{"t":"ready"}' };
    }
    if (luck < 15) {
      return { type: "binary", id, pcm: new ArrayBuffer(2 * next.below(9_000)) };
    }
    return { type: "text", id, text: this.frame() };
  }

  frame(): string {
    const frames = [
      { t: "transcript", role: "user", text: "a", final: true },
      { t: "transcript", role: "assistant", text: "b", final: false },
      { t: "turn", stage: "first_audio", ms: 1 },
      { t: "turn", stage: "response_done", ms: 1 },
      { t: "interruption", at: "user" },
      { t: "tool_call", callId: "c", name: "n", arguments: "{}" },
      { t: "error", code: "X", message: "y" },
      { t: "nothing" },
    ];
    return JSON.stringify(this.next.pick(frames));
  }

  somethingOfTheSound(): MachineEvent | undefined {
    const { next } = this;
    if (this.audio === "starting") {
      this.audio = "on";
      const error = new SpekoClientError("no", "MICROPHONE_FAILED");
      return next.below(20) === 0 ? { type: "audio_failed", error } : { type: "audio_started" };
    }
    if (this.audio === "closing") {
      this.audio = "closed";
      return { type: "audio_closed" };
    }
    if (this.audio === "on" && next.below(2) === 0) {
      const wire = this.sockets.get(this.machine.carrier ?? -1);
      if (wire !== undefined && next.below(3) > 0) {
        wire.buffered = next.below(wire.buffered + 1);
      }
      return { type: "frame", pcm: new ArrayBuffer(960), buffered: wire?.buffered ?? 0 };
    }
    const left = this.given - this.played - this.dropped;
    this.played += next.below(left + 1);
    const playing = this.played + this.dropped < this.given;
    const { played, dropped } = this;
    return { type: "progress", progress: { played, dropped, playing, latencyMs: next.below(50) } };
  }
}

describe("whatever happens", () => {
  it("status, callbacks, sockets and teardown keep to their rules", () => {
    let [established, attachedAgain, failed] = [0, 0, 0];
    for (let seed = 1; seed <= 300; seed++) {
      const walk = new Walk(seed);
      walk.run(500);
      const connected = walk.count("notify", "onConnect");
      const ended = walk.count("ended");
      expect(connected).toBeLessThanOrEqual(1);
      expect(walk.count("resolve")).toBe(connected);
      expect(walk.count("notify", "onDisconnect")).toBe(connected === 1 ? ended : 0);
      expect(walk.count("reject")).toBeLessThanOrEqual(1 - connected);
      expect(ended).toBeLessThanOrEqual(1);
      if (ended === 1) {
        expect(walk.status).toBe("disconnected");
        expect(walk.count("stop_microphone")).toBe(walk.count("start_audio"));
        expect(walk.count("close_audio")).toBe(walk.count("start_audio"));
        expect(walk.effects.at(-1)?.do).toBe("ended");
        expect(walk.timers.size).toBe(0);
        expect([...walk.sockets.values()].filter(({ state }) => state !== "closing")).toEqual([]);
      }
      established += connected;
      failed += walk.count("reject");
      attachedAgain += walk.count("open_socket") - 1;
    }
    // The walks go where they are meant to go.
    expect([established, failed, attachedAgain].every((count) => count > 30)).toBe(true);
  });

  it("modes alternate, and what comes from a socket that does not carry the conversation changes nothing", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const walk = new Walk(1_000 + seed);
      walk.run(400);
      const modes = walk.effects.flatMap((effect) =>
        effect.do === "notify" && effect.name === "onModeChange" ? [effect.value] : [],
      );
      expect(modes).toEqual(modes.map((_, i) => (i % 2 === 0 ? "speaking" : "listening")));
      const { carrier } = walk.machine;
      for (const id of [...walk.sockets.keys(), 999].filter((id) => id !== carrier)) {
        if (walk.machine.status === "connected") {
          expect(walk.machine.handle({ type: "binary", id, pcm: new ArrayBuffer(4) })).toEqual([]);
          const text = '{"t":"interruption","at":"user"}';
          expect(walk.machine.handle({ type: "text", id, text })).toEqual([]);
        }
      }
    }
  });
});
