import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RealtimeSession } from "../../src/realtime/session.js";
import { last, pcm, SESSION, settle, World } from "./fakes.js";

let world: World;

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(() => vi.useRealTimers());

describe("frames of the gateway", () => {
  it("become messages, with a name per utterance", async () => {
    await world.connect();
    const says = (role: string, text: string, final: boolean) =>
      world.socket.says({ t: "transcript", role, text, final });
    says("user", "Hello", false);
    says("user", "Hello there", true);
    says("assistant", "Hi", false);
    says("user", "", true);
    says("robot", "Hi!", true);
    const messages = world.log.map((line) => JSON.parse(line.replace("message ", "")));
    expect(messages).toEqual([
      { source: "user", text: "Hello", isFinal: false, segmentId: "user-1" },
      { source: "user", text: "Hello there", isFinal: true, segmentId: "user-1" },
      { source: "agent", text: "Hi", isFinal: false, segmentId: "agent-1" },
      { source: "agent", text: "Hi!", isFinal: true, segmentId: "agent-1" },
    ]);
  });

  it("become turn events and errors; what is no frame is nothing", async () => {
    const onTurn = vi.fn();
    await world.connect({ onTurn });
    world.socket.says({ t: "turn", stage: "stt_final", ms: 120, provider: "embedded", model: "whisper" });
    world.socket.says({ t: "turn", stage: "speech_started", ms: -800 });
    world.socket.says({ t: "error", code: "PROVIDER_ERROR", message: "hiccup" });
    for (const text of ["", "{", "[]", "null", '"ready"', '{"t":"unheard of"}', '{"t":"toString"}', '{"t":7}']) {
      world.socket.events.onText(text);
    }
    world.socket.says({ t: "usage", inputAudioTokens: 3, outputAudioTokens: 4 });
    expect(onTurn.mock.calls).toEqual([
      [{ stage: "stt_final", ms: 120, provider: "embedded", model: "whisper" }],
      [{ stage: "speech_started", ms: -800 }],
    ]);
    expect(world.log).toEqual(["error PROVIDER_ERROR: hiccup"]);
    expect(world.session?.isOpen).toBe(true);
  });

  it("and problems of the socket and the sound are told, and the conversation goes on", async () => {
    await world.connect();
    world.socket.events.onError();
    world.audio.events.onProblem(new Error("The microphone was unplugged"));
    expect(world.log).toEqual(["error WS_ERROR: the connection broke", "error The microphone was unplugged"]);
    expect(world.session?.isOpen).toBe(true);
  });
});

describe("callbacks", () => {
  it("that throw break nothing, and are reported as the page's own errors", async () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const thrower = (name: string) => () => {
      throw new Error(name);
    };
    const session = await world.connect({
      onConnect: thrower("connect"),
      onStatusChange: thrower("status"),
      onMessage: thrower("message"),
      onModeChange: thrower("mode"),
      onError: thrower("error"),
      onTurn: thrower("turn"),
      onDisconnect: thrower("disconnect"),
    });
    world.socket.says({ t: "transcript", role: "user", text: "Hello", final: true });
    world.socket.says({ t: "turn", stage: "stt_final", ms: 1 });
    world.socket.says({ t: "error", code: "X", message: "y" });
    world.socket.events.onBinary(pcm(100));
    world.audio.plays(100);
    await session.end();
    const texts = reported.mock.calls.map(([error]) => error.message);
    const ends = ["status", "status", "disconnect"];
    expect(texts).toEqual(["status", "status", "connect", "message", "turn", "error", "mode", "mode", ...ends]);
    expect(world.log).toEqual(["microphone off", "audio closed"]);
    vi.unstubAllGlobals();
  });

  it("may end the conversation, which then ends behind what was to be told", async () => {
    let ended: Promise<void> | undefined;
    const session = await world.connect({
      onMessage: () => {
        ended = session.end();
        world.log.push("asked to end");
      },
    });
    world.socket.says({ t: "transcript", role: "user", text: "Bye", final: true });
    await ended;
    expect(world.log[0]).toBe("asked to end");
    expect(last(world.log)).toBe('disconnect {"reason":"user"}');
  });

  it("are looked up when they are called, as methods of the options", async () => {
    const options = {
      count: 0,
      onMessage(this: { count: number }) {
        this.count += 1;
      },
    };
    const given = Object.assign(options, SESSION);
    void RealtimeSession.open(given, world.around);
    world.socket.ready();
    world.audio.started.resolve();
    await settle();
    world.socket.says({ t: "transcript", role: "user", text: "Hello", final: true });
    expect(given.count).toBe(1);
  });
});

describe("the end", () => {
  it("by the caller: status, microphone, sound, onDisconnect, whatever comes meanwhile", async () => {
    const session = await world.connect();
    world.audio.closesSlowly = true;
    const ending = session.end().then(() => world.log.push("ended"));
    expect(session.isOpen).toBe(false);
    expect(world.socket.closed).toEqual({ code: 1000, reason: "client_stopped" });
    const order = ["status disconnecting", "status disconnected", "microphone off", "audio closed"];
    expect(world.log).toEqual(order);
    world.socket.says({ t: "transcript", role: "user", text: "late", final: true });
    world.socket.events.onBinary(pcm(20));
    world.socket.events.onError();
    world.audio.events.onProblem(new Error("late"));
    world.audio.captures(1);
    world.online();
    await settle();
    expect(world.log).toEqual(order);
    world.audio.closes();
    await ending;
    expect(world.log).toEqual([...order, 'disconnect {"reason":"user"}', "ended"]);
    expect(world.audio.given).toBe(0);
    expect(world.socket.sent).toEqual([]);
    expect(world.watching).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is repeatable", async () => {
    const session = await world.connect();
    await Promise.all([session.end(), session.end()]);
    await session.end();
    expect(world.log.filter((line) => line.startsWith("disconnect"))).toHaveLength(1);
  });

  it("does not wait for a sound that cannot be closed", async () => {
    const session = await world.connect();
    world.audio.close = () => Promise.reject(new Error("odd"));
    await session.end();
    expect(world.log.at(-1)).toBe('disconnect {"reason":"user"}');
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits a second at most for what does not close", async () => {
    const session = await world.connect();
    world.audio.closesSlowly = true;
    world.socket.deaf = true;
    const ending = session.end();
    await vi.advanceTimersByTimeAsync(1_000);
    await ending;
    expect(last(world.log)).toBe('disconnect {"reason":"user"}');
  });

  it.each([
    [1000, "agent_ended", { reason: "agent", message: "agent_ended" }],
    [1000, "", { reason: "agent" }],
    [1005, "", { reason: "agent" }],
    [1001, "server_shutdown", { reason: "error", message: "server_shutdown" }],
    [1008, "flood", { reason: "error", message: "flood" }],
    [1011, "Provider disconnected", { reason: "error", message: "Provider disconnected" }],
    [4409, "SESSION_IN_USE", { reason: "error", message: "SESSION_IN_USE" }],
  ])("by close code %i %s", async (code, reason, details) => {
    const session = await world.connect();
    world.socket.closes(code, reason);
    await settle();
    const teardown = ["status disconnected", "microphone off", "audio closed"];
    expect(world.log).toEqual([...teardown, `disconnect ${JSON.stringify(details)}`]);
    expect(session.isOpen).toBe(false);
    await session.end();
    expect(world.sockets).toHaveLength(1);
    expect(world.log).toHaveLength(4);
  });

  it("by an end frame whose close frame was lost is no loss of the network", async () => {
    await world.connect();
    world.socket.says({ t: "end", reason: "expired" });
    world.socket.closes(1006);
    await settle();
    expect(last(world.log)).toBe('disconnect {"reason":"error","message":"expired"}');
    expect(world.sockets).toHaveLength(1);
  });
});

describe("what a page may do", () => {
  it("mutes, and nothing is sent until it is over", async () => {
    const session = await world.connect();
    world.audio.captures(1, 1);
    session.setMuted(true);
    expect(world.audio.muted).toBe(true);
    world.audio.captures(1, 2);
    session.setMuted(false);
    world.audio.captures(1, 3);
    expect(world.socket.sound()).toEqual([1, 3]);
  });

  it.each([
    [0.5, 0.5],
    [-1, 0],
    [7, 1],
    [Number.NaN, 0],
  ])("sets the volume to %d, which is %d", async (volume, heard) => {
    const session = await world.connect();
    session.setVolume(volume);
    expect(world.audio.volume).toBe(heard);
  });

  it("sends the sound as it is, without a copy", async () => {
    await world.connect();
    const frame = pcm(20);
    world.audio.events.onFrame(frame);
    expect(world.socket.sent[0]).toBe(frame);
  });

  it("types, interrupts and commits while there is a conversation", async () => {
    const session = await world.connect();
    session.send({ t: "user_message", text: "Hello" });
    session.send({ t: "interrupt" });
    session.send({ t: "control", action: "commit" });
    expect(world.socket.frames()).toEqual([
      { t: "user_message", text: "Hello" },
      { t: "interrupt" },
      { t: "control", action: "commit" },
    ]);
    await session.end();
    expect(() => session.send({ t: "interrupt" })).toThrow(expect.objectContaining({ code: "NOT_CONNECTED" }));
  });

  it("is told at once that something is no text, and the conversation goes on", async () => {
    const session = await world.connect();
    const round: { self?: unknown } = {};
    round.self = round;
    expect(() => session.send({ t: "user_message", text: round as never })).toThrow(TypeError);
    session.send({ t: "interrupt" });
    expect(world.socket.frames()).toEqual([{ t: "interrupt" }]);
    await session.end();
  });
});
