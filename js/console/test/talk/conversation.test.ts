import { type RealtimeVoiceConversationOptions, SpekoClientError } from "@spekoai/client";
import type { S2sSession } from "@spekoai/sdk";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Connection, Talk, type TalkContext } from "../../src/pages/talk/conversation.js";
import type { Engine } from "../../src/pages/talk/engines.js";
import { DEFAULTS } from "../../src/pages/talk/settings.js";

const ENGINE: Engine = { id: "agent", kind: "agent", label: "", provider: "speko", model: "cascade", obstacle: null };
const ASKED = { settings: { ...DEFAULTS, volume: 0.5, microphone: "m1" }, engine: ENGINE };
const SESSION: S2sSession = {
  mode: "s2s",
  sessionId: "s1",
  wsUrl: "ws://127.0.0.1/ws",
  wsToken: "token",
  inputSampleRate: 24000,
  outputSampleRate: 24000,
  expiresAt: "2026-11-21T22:00:00Z",
  provider: "speko",
  model: "cascade",
  requestId: "req_1",
};

/** A conversation whose other side is the test. */
class Other implements Connection {
  open = true;
  readonly done: string[] = [];
  options: RealtimeVoiceConversationOptions | undefined;
  isOpen = (): boolean => this.open;
  setMicMuted = async (muted: boolean): Promise<void> => void this.done.push(`mute ${muted}`);
  setVolume = (volume: number): void => void this.done.push(`volume ${volume}`);
  sendUserMessage = (text: string): void => void this.done.push(`text ${text}`);
  interrupt = (): void => void this.done.push("interrupt");
  getInputLevel = (): number => 0.1;
  getOutputLevel = (): number => 0.2;
  endSession = async (): Promise<void> => {
    this.done.push("end");
    this.options?.onDisconnect?.({ reason: "user" });
  };
}

function setUp(more: Partial<TalkContext> = {}): { talk: Talk; other: Other; now: { ms: number } } {
  const other = new Other();
  const now = { ms: 0 };
  const talk = new Talk({
    createSession: async () => SESSION,
    connect: async (options) => {
      other.options = options;
      options.onConnect?.({ conversationId: options.sessionId });
      return other;
    },
    clock: () => now.ms,
    world: { now: () => new Date(2026, 10, 21, 21, 5), random: () => 0.5 },
    place: { isSecure: true, host: "localhost", port: "8787" },
    ...more,
  });
  return { talk, other, now };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("beginning", () => {
  it("makes a session, connects with what was chosen, and is live", async () => {
    const createSession = vi.fn(async () => SESSION);
    const { talk, other } = setUp({ createSession });
    const started = talk.start(ASKED);
    expect(talk.phase.value).toBe("starting");
    await started;
    expect(talk.phase.value).toBe("live");
    expect(createSession).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ mode: "s2s" }));
    expect(other.options).toMatchObject({ sessionId: "s1", wsToken: "token", inputDeviceId: "m1" });
    expect(other.options).not.toHaveProperty("outputDeviceId");
    expect(other.done).toEqual(["volume 0.5"]);
    expect(talk.session.value?.sessionId).toBe("s1");
    expect([talk.inputLevel(), talk.outputLevel()]).toEqual([0.1, 0.2]);
  });

  it("is muted from the start when it was muted before", async () => {
    const { talk, other } = setUp();
    talk.mute(true);
    await talk.start(ASKED);
    expect(other.done).toContain("mute true");
  });

  it("says why it failed, and can be tried again", async () => {
    let tries = 0;
    const { talk, other } = setUp({
      connect: async () => {
        tries += 1;
        if (tries === 1)
          throw new SpekoClientError("no", "MICROPHONE_FAILED", new DOMException("no", "NotAllowedError"));
        return other;
      },
    });
    await talk.start(ASKED);
    expect(talk.phase.value).toBe("idle");
    expect(talk.session.value).toBeNull();
    expect(talk.problem.value?.title).toMatch(/microphone was refused/);
    await talk.start(ASKED);
    expect(talk.phase.value).toBe("live");
    expect(talk.problem.value).toBeNull();
  });

  it("does not ask the gateway where no microphone can be had", async () => {
    const createSession = vi.fn(async () => SESSION);
    const { talk } = setUp({ createSession, place: { isSecure: false, host: "far.example", port: "80" } });
    await talk.start(ASKED);
    expect(createSession).not.toHaveBeenCalled();
    expect(talk.problem.value?.title).toMatch(/secure pages/);
  });

  it("can be stopped: what connects later is ended", async () => {
    let connect: (connection: Connection) => void = () => {};
    const connecting = new Promise<Connection>((resolve) => {
      connect = resolve;
    });
    const asked = vi.fn(() => connecting);
    const { talk, other } = setUp({ connect: asked });
    const started = talk.start(ASKED);
    await vi.waitFor(() => expect(asked).toHaveBeenCalled(), { timeout: 30_000 });
    await talk.stop();
    expect(talk.phase.value).toBe("idle");
    connect(other);
    await started;
    expect(other.done).toEqual(["end"]);
    expect(talk.phase.value).toBe("idle");
  });

  it("happens once, however often it is pressed", async () => {
    const createSession = vi.fn(async () => SESSION);
    const { talk } = setUp({ createSession });
    await Promise.all([talk.start(ASKED), talk.start(ASKED)]);
    expect(createSession).toHaveBeenCalledTimes(1);
  });
});

describe("a conversation", () => {
  it("keeps words and turns together", async () => {
    const { talk, other, now } = setUp();
    await talk.start(ASKED);
    const on = other.options;
    now.ms = 1200;
    on?.onTurn?.({ stage: "speech_started", ms: -200 });
    on?.onMessage?.({ source: "user", text: "throw", isFinal: false, segmentId: "user-1" });
    now.ms = 2288;
    on?.onTurn?.({ stage: "speech_ended", ms: 288 });
    on?.onMessage?.({ source: "user", text: "throw the dice", isFinal: true, segmentId: "user-1" });
    on?.onTurn?.({ stage: "llm_first_token", ms: 290, provider: "speko", model: "rules" });
    const output = on?.onToolCall?.({ callId: "c1", name: "throw_dice", arguments: "{}" });
    expect(output).toBe("The die shows 4.");
    now.ms = 2400;
    on?.onTurn?.({ stage: "first_audio", ms: 380 });
    on?.onModeChange?.("speaking");
    on?.onMessage?.({ source: "agent", text: "The die shows 4.", isFinal: true, segmentId: "agent-1" });
    expect(talk.transcript.value.entries.map((entry) => [entry.kind, entry.turn])).toEqual([
      ["words", 0],
      ["tool", 0],
      ["words", 0],
    ]);
    const [turn] = talk.turns.value.all;
    expect(turn).toMatchObject({ said: "throw the dice", zero: 2000, heard: [{ from: 2400, to: null }] });
    expect(turn?.tools).toMatchObject([{ name: "throw_dice", to: 2288 }]);
  });

  it("tells the agent of a tool that cannot be run, and goes on", async () => {
    const { talk, other } = setUp();
    await talk.start(ASKED);
    const run = other.options?.onToolCall;
    expect(run?.({ callId: "c1", name: "throw_dice", arguments: "{" })).toMatch(/arguments are no JSON/);
    expect(run?.({ callId: "c2", name: "nothing", arguments: "{}" })).toMatch(/no such tool/);
    expect(talk.transcript.value.entries).toMatchObject([{ failed: true }, { failed: true }]);
    expect(talk.problem.value).toBeNull();
  });

  it("takes typed words, which interrupt an answer", async () => {
    const { talk, other } = setUp();
    await talk.start(ASKED);
    talk.type("  hello ");
    talk.type("   ");
    other.options?.onModeChange?.("speaking");
    talk.type("stop");
    expect(other.done).toEqual(["volume 0.5", "text hello", "interrupt", "text stop"]);
    expect(talk.transcript.value.entries).toMatchObject([{ text: "hello", source: "user" }, { text: "stop" }]);
    expect(talk.turns.value.all.map((turn) => [turn.said, turn.typed])).toEqual([
      ["hello", true],
      ["stop", true],
    ]);
  });

  it("marks an answer that was cut", async () => {
    const { talk, other } = setUp();
    await talk.start(ASKED);
    const on = other.options;
    on?.onTurn?.({ stage: "first_audio", ms: 10 });
    on?.onModeChange?.("speaking");
    on?.onMessage?.({ source: "agent", text: "One two three.", isFinal: true, segmentId: "agent-1" });
    on?.onTurn?.({ stage: "speech_started", ms: -64 });
    on?.onMessage?.({ source: "agent", text: "One", isFinal: true, segmentId: "agent-1" });
    expect(talk.transcript.value.entries).toMatchObject([{ text: "One", unheard: "two three." }]);
    expect(talk.turns.value.all[0]?.cutAt).not.toBeNull();
  });

  it("shows that the connection is lost, for as long as it is", async () => {
    const { talk, other } = setUp();
    await talk.start(ASKED);
    other.open = false;
    vi.advanceTimersByTime(300);
    expect(talk.reconnecting.value).toBe(true);
    other.open = true;
    vi.advanceTimersByTime(300);
    expect(talk.reconnecting.value).toBe(false);
  });

  it("shows what goes wrong, and goes on", async () => {
    const { talk, other } = setUp();
    await talk.start(ASKED);
    other.options?.onError?.(new Error("WS_ERROR: the connection broke"));
    expect(talk.problem.value).toBeNull();
    other.options?.onError?.(new SpekoClientError("gone", "MICROPHONE_FAILED"));
    expect(talk.problem.value?.title).toMatch(/microphone is gone/);
    expect(talk.phase.value).toBe("live");
  });
});

describe("the end", () => {
  it("by the user leaves what was said to be read, and no timer", async () => {
    const { talk, other } = setUp();
    await talk.start(ASKED);
    talk.type("hello");
    await talk.stop();
    expect(other.done.at(-1)).toBe("end");
    expect(talk.phase.value).toBe("idle");
    expect(talk.problem.value).toBeNull();
    expect(talk.transcript.value.entries).toHaveLength(1);
    expect(talk.turns.value.all.every((turn) => turn.over)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    expect(talk.inputLevel()).toBe(0);
  });

  it("by the other side says why, and what comes from the old one changes nothing in the next", async () => {
    const { talk, other } = setUp();
    await talk.start(ASKED);
    const old = other.options;
    old?.onDisconnect?.({ reason: "agent", message: "expired" });
    expect(talk.phase.value).toBe("idle");
    expect(talk.problem.value?.title).toMatch(/expired/);
    await talk.start(ASKED);
    old?.onMessage?.({ source: "agent", text: "late", isFinal: true });
    old?.onDisconnect?.({ reason: "error" });
    expect(talk.phase.value).toBe("live");
    expect(talk.transcript.value.entries).toHaveLength(0);
  });

  it("leaves what was said to be read until there is another conversation", async () => {
    let isDown = false;
    const { talk, other } = setUp({
      createSession: async () => {
        if (isDown) throw new Error("no answer");
        return SESSION;
      },
    });
    await talk.start(ASKED);
    talk.type("hello");
    other.options?.onDisconnect?.({ reason: "error" });
    isDown = true;
    await talk.start({ ...ASKED, settings: { ...ASKED.settings, prompt: "You are Nova." } });
    expect(talk.problem.value?.title).toMatch(/No conversation was begun/);
    expect(talk.transcript.value.entries).toMatchObject([{ text: "hello" }]);
    expect(talk.turns.value.all).toHaveLength(1);
    expect(talk.session.value).toBe(SESSION);
    expect(talk.asked.value).toBe(ASKED);
    isDown = false;
    await talk.start(ASKED);
    expect(talk.transcript.value.entries).toEqual([]);
    expect(talk.turns.value.all).toEqual([]);
  });

  it("of somebody who signs out leaves nothing", async () => {
    const { talk, other } = setUp();
    await talk.start(ASKED);
    talk.type("hello");
    await talk.forget();
    expect(other.done.at(-1)).toBe("end");
    expect(talk.phase.value).toBe("idle");
    expect(talk.transcript.value.entries).toEqual([]);
    expect(talk.turns.value.all).toEqual([]);
    expect([talk.session.value, talk.asked.value, talk.connectedAt.value, talk.problem.value]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it("may come before there was anything", async () => {
    const { talk } = setUp();
    await talk.stop();
    expect(talk.phase.value).toBe("idle");
  });
});
